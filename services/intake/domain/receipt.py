"""The receipt that a person takes along: whose it is, how long it is valid, and what may stand on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel import codes
from kernel.errors import NotFound, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId
from kernel.vocabulary import LegalBasis
from services.intake.domain.beneficiary import Contact
from services.intake.domain.cells import Cell, GrantEffect, decide
from services.intake.domain.receipt_code import WRONG_PINS

VALID_FOR: Final = timedelta(days=365)
"""No consent lasts longer."""
NOT_ON_PAPER: Final = codes.mask(["PROTECTION"])
"""Categories whose name alone tells why somebody came."""
_NEVER: Final = frozenset({"SERVICE_PROTECTION"})
"""Purposes of which the same holds: every kind of their sector is restricted."""


class ReceiptForm(StrEnum):
    """How it is handed over."""

    PAPER = "PAPER"
    FILE = "FILE"
    REFUSED = "REFUSED"


class ReceiptWarning(StrEnum):
    """Why paper may be dangerous for this person."""

    SAFE_CONTACT = "SAFE_CONTACT"
    LEFT_OFF = "LEFT_OFF"


class ReceiptLocked(RuleBroken):
    """Too many wrong PINs: only a new receipt helps."""

    reason = "RECEIPT_LOCKED"


class ReceiptNotFound(NotFound):
    """No valid receipt that the caller may know of; told apart from nothing else."""

    reason = "RECEIPT_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it is stored; without code, PIN and content where the person wanted none."""

    receipt_id: UUID
    request_id: UUID
    beneficiary_id: BeneficiaryId
    agency_id: AgencyId
    form: ReceiptForm
    language: str
    issued_time: datetime
    valid_until_time: datetime | None = None
    code_digest: bytes | None = None
    pin_digest: bytes | None = None
    sealed_content: bytes | None = None
    wrong_pins: int = 0

    def check_not_locked(self) -> None:
        """Lets somebody try a PIN.

        Raises:
            ReceiptLocked: five were wrong.
        """
        if self.wrong_pins >= WRONG_PINS:
            raise ReceiptLocked(
                "Too many wrong PINs: this receipt is locked. The desk that issued it can issue another one."
            )


@dataclass(frozen=True, slots=True)
class Permit:
    """What an agency may see for one purpose, and until when; by consent, and on paper."""

    agency_id: AgencyId
    purpose: str
    categories: int
    valid_until_time: datetime


def permits_on_paper(cells: Sequence[Cell], now: datetime) -> tuple[list[Permit], bool]:
    """What of a person's consent in force may stand on paper, and whether anything of it may not.

    Denials are not told: whom somebody keeps away is what whoever looks through their papers must not read.
    """
    asked = dict.fromkeys((cell.agency_id, cell.purpose) for cell in cells if _is_consent(cell, now))
    permits, left_off = [], False
    for agency_id, purpose in asked:
        wanted = codes.mask(codes.CATEGORIES)
        allowed = decide(cells, agency_id=agency_id, purpose=purpose, wanted=wanted, now=now)
        shown = 0 if purpose in _NEVER else allowed.mask & ~NOT_ON_PAPER
        left_off = left_off or shown != allowed.mask
        if shown:
            until = max(cell.valid_until_time for cell in allowed.relied_on)
            permits.append(Permit(agency_id, purpose, shown, until))
    return permits, left_off


def _is_consent(cell: Cell, now: datetime) -> bool:
    is_permit = cell.effect is GrantEffect.PERMIT and cell.legal_basis is LegalBasis.CONSENT
    return is_permit and cell.in_force(now)


def warnings_for(contacts: Iterable[Contact], *, left_off: bool) -> list[ReceiptWarning]:
    """What a worker is told before the paper is handed over.

    Args:
        contacts: a rule is any limit on their hours, or that no message may be left.
    """
    has_rule = any(
        not one.message_may_be_left or (one.from_hour, one.until_hour) != (0, 24) for one in contacts
    )
    safe = [ReceiptWarning.SAFE_CONTACT] if has_rule else []
    return [*safe, *([ReceiptWarning.LEFT_OFF] if left_off else [])]


def page_language(spoken: Iterable[str], wanted: str = "") -> str:
    """The page for whoever speaks these (ISO 639-3), the first that there is; English for others."""
    return wanted or next((page for one in spoken if (page := codes.language(one).page)), "en")
