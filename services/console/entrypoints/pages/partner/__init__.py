"""The pages of partner agencies: what they are asked, what they hold, and their services."""

from services.console.adapters.names import Names
from services.console.entrypoints.page import Page
from services.console.entrypoints.pages.partner import (
    activities,
    held,
    inbox,
    refer,
    referral,
    services,
    withdrawals,
)


def partner_pages(names: Names) -> tuple[Page, ...]:
    """In the order in which addresses are looked at: `new` before whatever an id may be."""
    return (
        *inbox.pages(names),
        *held.pages(names),
        *referral.pages(names),
        *services.PAGES,
        *activities.PAGES,
        *refer.PAGES,
        *withdrawals.PAGES,
    )
