"""A receipt as a tagged PDF (PDF/UA-1), made here: nothing is fetched from anywhere."""

from typing import Any, Final

from kem.disclosure.v1.receipt_service_pb2 import ReceiptContent
from services.console.adapters.receipt.page import page_of

SIZES: Final = (11, 10, 9, 8)
"""In points: the largest at which all stands on one page; where none does, more pages in the first."""


def pdf_of(content: ReceiptContent, code: str) -> bytes:
    """The page as PDF, where everything is ready; it lies nowhere but in memory."""
    for points in SIZES:
        document = laid_out(page_of(content, code, points))
        if len(document.pages) == 1:
            break
    else:
        document = laid_out(page_of(content, code, SIZES[0], numbered=True))
    made: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return made


def laid_out(page: str) -> Any:
    """The pages, as weasyprint's document. The QR code lies in the page itself; whatever else a page might
    name is not fetched.

    Raises:
        weasyprint.urls.FatalURLFetchingError: it names something else.
    """
    from weasyprint import HTML, URLFetcher

    fetcher = URLFetcher(allowed_protocols=["data"], allow_redirects=False, fail_on_errors=True)
    return HTML(string=page, url_fetcher=fetcher).render()
