"""A receipt as a tagged PDF (PDF/UA-1), made here: nothing is fetched from anywhere."""

from collections.abc import Callable
from typing import Final

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
    """The page as PDF, where everything is ready."""
    from weasyprint import HTML, URLFetcher

    # the QR code lies in the page itself; whatever else a page might name stays where it is
    fetcher = URLFetcher(allowed_protocols=["data"], allow_redirects=False, fail_on_errors=True)

    for points in (*SIZES, SIZES[0]):
        document = HTML(string=page_of(content, code, points), url_fetcher=fetcher).render()
        if len(document.pages) == 1:
            break
    made: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return made
