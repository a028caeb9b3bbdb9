"""A receipt as a tagged PDF (PDF/UA-1), made here: nothing is fetched from anywhere."""

from collections.abc import Callable
from typing import Any, Final

from kem.disclosure.v1.receipt_service_pb2 import ReceiptContent
from tools.receipt.page import page_of
from tools.stack.debian import find_libraries_and_fonts

NEEDED: Final = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
FONTS: Final = {"Noto Sans": "fonts-noto-core", "Noto Sans Arabic": "fonts-noto-core"}
SIZES: Final = (11, 10, 9, 8)
"""In points: the largest at which all stands on one page; where none does, more pages in the first."""


def make_ready(say: Callable[[str], None]) -> None:
    """Before a receipt is issued: its code and PIN are told once, and lost with a page that cannot be made.

    Raises:
        ProgramMissing: a library or a font is not there and cannot be had now; with the line to install.
    """
    find_libraries_and_fonts(NEEDED, FONTS, "a receipt as PDF", say)


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
