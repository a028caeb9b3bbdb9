"""What the holder of a referral may be given: the permitted subset, or a reason why nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from kernel.codes import ASSESSMENT_MASK
from services.intake.domain.agreement import Agreement
from services.intake.domain.cells import Cell, GrantEffect, decide


class Refusal(StrEnum):
    """Why an agency was given nothing, as it is kept on record.

    NOT_HOLDER and CONSENT_FROZEN are told to nobody.
    """

    NOT_HOLDER = "NOT_HOLDER"
    ACCEPTANCE_NOT_KNOWN = "ACCEPTANCE_NOT_KNOWN"
    NEED_WITHDRAWN = "NEED_WITHDRAWN"
    NO_AGREEMENT = "NO_AGREEMENT"
    CONSENT_NOT_IN_FORCE = "CONSENT_NOT_IN_FORCE"
    CONSENT_FROZEN = "CONSENT_FROZEN"
    BENEFICIARY_ERASED = "BENEFICIARY_ERASED"
    CORRECTED_SINCE = "CORRECTED_SINCE"

    @property
    def told(self) -> "Refusal":
        """As it is told, to the agency, in events and at the desk: nobody learns by it that a guardian is
        doubted. `refusal_told` says the same of rows that are listed (migration 0299).
        """
        return Refusal.CONSENT_NOT_IN_FORCE if self is Refusal.CONSENT_FROZEN else self


@dataclass(frozen=True, slots=True)
class Decision:
    """Bits asked for and given, the permits relied on, and the reason where nothing is given."""

    asked_mask: int
    given_mask: int = 0
    relied_on: tuple[Cell, ...] = ()
    refusal: Refusal | None = None


def decide_disclosure(
    *,
    agency_id: UUID,
    purpose: str,
    needed_mask: int,
    for_assessment: bool,
    agreement: Agreement | None,
    cells: Sequence[Cell],
    now: datetime,
) -> Decision:
    """`permitted & ~denied & wanted`, as far as the agreement covers it.

    An agency that only assesses asks for name, languages and safe contact, whatever its service needs. The
    caller has locked agreement and cells, and has read `now` after the locks.
    """
    asked = ASSESSMENT_MASK if for_assessment else needed_mask
    if agreement is None or not agreement.covers(purpose, now):
        return Decision(asked, refusal=Refusal.NO_AGREEMENT)
    allowance = decide(
        cells, agency_id=agency_id, purpose=purpose, wanted=asked & agreement.categories, now=now
    )
    if not allowance.mask:
        return Decision(asked, refusal=Refusal.CONSENT_NOT_IN_FORCE)
    return Decision(asked, allowance.mask, allowance.relied_on)


class Span(NamedTuple):
    """A cell as far as its time goes: what is permitted, or denied, from when and until when."""

    effect: GrantEffect
    categories: int
    valid_from_time: datetime
    valid_until_time: datetime


def permitted_until(given_mask: int, spans: Sequence[Span], now: datetime) -> datetime | None:
    """When the first of the categories in the mask ends to be permitted by time alone; None where one is not.

    One permit may carry on where another ends, and a denial that begins later ends both.

    Args:
        spans: of everything that stands for this agency and purpose, also what begins later.
    """
    turns = {one.valid_from_time if one.effect is GrantEffect.DENY else one.valid_until_time for one in spans}
    for moment in (now, *sorted(turn for turn in turns if turn > now)):
        if given_mask & ~_permitted_at(spans, moment):
            return None if moment == now else moment
    return None


def _permitted_at(spans: Sequence[Span], moment: datetime) -> int:
    permitted = denied = 0
    for one in spans:
        if one.valid_from_time <= moment < one.valid_until_time:
            if one.effect is GrantEffect.DENY:
                denied |= one.categories
            else:
                permitted |= one.categories
    return permitted & ~denied
