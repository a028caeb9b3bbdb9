"""Complaints: read and answered by the hub's officers, read by supervisors, registered at any desk."""

from services.console.adapters.names import Names
from services.console.entrypoints.page import Page
from services.console.entrypoints.pages.complaints.reading import ReadingPages
from services.console.entrypoints.pages.complaints.registering import RegisteringPages


def complaint_pages(names: Names) -> tuple[Page, ...]:
    """In the order in which addresses are looked at: `new` before whatever a complaint's id may be."""
    return (*RegisteringPages(names).pages, *ReadingPages(names).pages)
