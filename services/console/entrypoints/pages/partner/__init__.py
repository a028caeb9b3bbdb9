"""The pages of partner agencies: what they are asked, what they hold, their services and their people."""

from typing import Final

from services.console.entrypoints.page import Page
from services.console.entrypoints.pages.partner import (
    activities,
    held,
    inbox,
    members,
    referral,
    services,
    withdrawals,
)

PAGES: Final[tuple[Page, ...]] = (
    *inbox.PAGES,
    *held.PAGES,
    *referral.PAGES,
    *services.PAGES,
    *activities.PAGES,
    *withdrawals.PAGES,
    *members.PAGES,
)
