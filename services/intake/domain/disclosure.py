"""What the holder of a referral may be given: the permitted subset, or a reason why nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kernel.codes import ASSESSMENT_MASK
from services.intake.domain.agreement import Agreement
from services.intake.domain.cells import Cell, decide


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


def permitted_until(given_mask: int, permits: Iterable[tuple[int, datetime]]) -> datetime | None:
    """When the first of the categories in the mask ends to be permitted by time alone; None where one is not.

    Args:
        permits: categories as bits, and the end of what permits them; of several the last one counts.
    """
    open_mask, ends = given_mask, []
    for categories, until_time in sorted(permits, key=lambda one: one[1], reverse=True):
        if categories & open_mask:
            ends.append(until_time)
            open_mask &= ~categories
    return min(ends) if ends and not open_mask else None
