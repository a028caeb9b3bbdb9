"""Every page for everybody."""

from services.console.adapters.directory_copy import DirectoryCopy
from services.console.adapters.hub import Hub
from services.console.entrypoints.page import Page
from services.console.entrypoints.pages.public.complaint import ComplaintPages
from services.console.entrypoints.pages.public.hsds import HsdsPages
from services.console.entrypoints.pages.public.receipt import ReceiptPages
from services.console.entrypoints.pages.public.services import ServicePages
from services.console.entrypoints.pages.public.start import StartPage


def public_pages(hub: Hub, url: str) -> tuple[Page, ...]:
    """Over one copy of the directory that all of them share."""
    copy = DirectoryCopy(hub)
    parts = (
        StartPage(copy),
        ServicePages(copy),
        HsdsPages(copy, url),
        ReceiptPages(),
        ComplaintPages(copy),
    )
    return tuple(page for part in parts for page in part.pages)
