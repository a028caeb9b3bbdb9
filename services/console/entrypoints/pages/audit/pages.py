"""Every page of auditors and data protection officers."""

from services.console.adapters.names import Names
from services.console.entrypoints.page import Page
from services.console.entrypoints.pages.audit import start
from services.console.entrypoints.pages.audit.entries import EntryPages
from services.console.entrypoints.pages.audit.histories import HistoryPages


def audit_pages(names: Names) -> tuple[Page, ...]:
    """In the order in which they are described."""
    return (*start.PAGES, *EntryPages(names).pages, *HistoryPages(names).pages)
