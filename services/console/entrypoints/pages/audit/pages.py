"""Every page of auditors and data protection officers."""

from services.console.adapters.names import Names
from services.console.entrypoints.page import Page
from services.console.entrypoints.pages.audit import person_data, start
from services.console.entrypoints.pages.audit.emergencies import EmergencyPages
from services.console.entrypoints.pages.audit.entries import EntryPages
from services.console.entrypoints.pages.audit.histories import HistoryPages
from services.console.entrypoints.pages.audit.inquiries import InquiryPages
from services.console.entrypoints.pages.audit.recalls import RecallPages
from services.console.entrypoints.pages.audit.rights import RightsPages


def audit_pages(names: Names) -> tuple[Page, ...]:
    """In the order in which they are described."""
    return (
        *start.PAGES,
        *EntryPages(names).pages,
        *HistoryPages(names).pages,
        *InquiryPages(names).pages,
        *EmergencyPages(names).pages,
        *RecallPages(names).pages,
        *RightsPages(names).pages,
        *person_data.PAGES,
    )
