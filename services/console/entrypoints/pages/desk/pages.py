"""Every page of the desk."""

from services.console.adapters.names import Names
from services.console.entrypoints.page import Page
from services.console.entrypoints.pages.desk import drafts, receipts
from services.console.entrypoints.pages.desk.case_story import CaseStoryPage
from services.console.entrypoints.pages.desk.cases import CasePages
from services.console.entrypoints.pages.desk.consent_taking import ConsentTaking
from services.console.entrypoints.pages.desk.consent_withdrawing import ConsentWithdrawing
from services.console.entrypoints.pages.desk.consents import ConsentPages
from services.console.entrypoints.pages.desk.contacts import ContactPages
from services.console.entrypoints.pages.desk.people import PeoplePages
from services.console.entrypoints.pages.desk.referrals import ReferralPages
from services.console.entrypoints.pages.desk.today import TodayPage
from services.console.entrypoints.pages.desk.workers import WorkersPages


def desk_pages(names: Names) -> tuple[Page, ...]:
    """In the order in which addresses are looked at: `new` before whatever a person's id may be."""
    return (
        *TodayPage(names).pages,
        *WorkersPages(names).pages,
        *PeoplePages(names).pages,
        *CasePages(names).pages,
        *CaseStoryPage(names).pages,
        *ReferralPages(names).pages,
        *ConsentPages(names).pages,
        ConsentTaking(names).page,
        ConsentWithdrawing(names).page,
        *ContactPages(names).pages,
        *receipts.PAGES,
        *drafts.PAGES,
    )
