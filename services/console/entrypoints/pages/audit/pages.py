"""Every page of auditors and data protection officers."""

from services.console.adapters.names import Names
from services.console.entrypoints.page import Page
from services.console.entrypoints.pages.audit import person_data, start
from services.console.entrypoints.pages.audit.certificates import CertificatePages
from services.console.entrypoints.pages.audit.directory_then import DirectoryThenPages
from services.console.entrypoints.pages.audit.emergencies import EmergencyPages
from services.console.entrypoints.pages.audit.entries import EntryPages
from services.console.entrypoints.pages.audit.fairness import FairnessPages
from services.console.entrypoints.pages.audit.histories import HistoryPages
from services.console.entrypoints.pages.audit.inquiries import InquiryPages
from services.console.entrypoints.pages.audit.ledger_questions import LedgerQuestionPages
from services.console.entrypoints.pages.audit.new_fairness import NEW_REPORT
from services.console.entrypoints.pages.audit.question_list import QUESTION_LIST
from services.console.entrypoints.pages.audit.recalls import RecallPages
from services.console.entrypoints.pages.audit.rights import RightsPages


def audit_pages(names: Names) -> tuple[Page, ...]:
    """In the order in which they are described."""
    return (
        *start.PAGES,
        *EntryPages(names).pages,
        *HistoryPages(names).pages,
        QUESTION_LIST,
        *InquiryPages(names).pages,
        *LedgerQuestionPages(names).pages,
        *DirectoryThenPages(names).pages,
        *FairnessPages(names).pages,
        NEW_REPORT,
        *EmergencyPages(names).pages,
        *RecallPages(names).pages,
        *RightsPages(names).pages,
        *person_data.PAGES,
        *CertificatePages(names).pages,
    )
