"""A hand-over by telephone: what was told to whom, on what it rests, and what was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kernel.codes import categories_in
from kernel.errors import Invalid, RuleBroken
from kernel.ids import AgencyId, ReferralId
from kernel.names import check_name
from kernel.vocabulary import LegalBasis
from services.intake.domain.agreement import Agreement
from services.intake.domain.cells import Cell, decide
from services.intake.domain.consent_rules import CLOCK_TOLERANCE


class HandoverAnswer(StrEnum):
    """What the agency said on the telephone."""

    TAKEN = "TAKEN"
    NOT_TAKEN = "NOT_TAKEN"


@dataclass(frozen=True, slots=True)
class Handover:
    """As it is reported. `legal_basis` is CONSENT, or VITAL_INTEREST with the `circumstances` in words."""

    referral_id: ReferralId
    agency_id: AgencyId
    told_mask: int
    legal_basis: LegalBasis
    circumstances: str
    spoken_to: str
    answer: HandoverAnswer
    happened_time: datetime


def check_handover(handover: Handover, recorded_time: datetime, now: datetime) -> datetime:
    """When it happened; a clock that is a little ahead is taken for now.

    Args:
        recorded_time: when the need was recorded: nothing was handed over before.

    Raises:
        Invalid: CIRCUMSTANCES_MISSING, HAPPENED_IN_FUTURE, HAPPENED_BEFORE_NEED, NAME_NOT_PLAIN.
    """
    check_name("spoken_to", handover.spoken_to)
    if handover.legal_basis is LegalBasis.VITAL_INTEREST and not handover.circumstances.strip():
        raise Invalid(
            "Please say in words what made it necessary to tell more than the person's consent allows.",
            reason="CIRCUMSTANCES_MISSING",
        )
    if handover.happened_time > now + CLOCK_TOLERANCE:
        raise Invalid("A hand-over cannot have happened in the future.", reason="HAPPENED_IN_FUTURE")
    if handover.happened_time < recorded_time - CLOCK_TOLERANCE:
        raise Invalid(
            "The need was recorded later than this; please check the time of the call.",
            reason="HAPPENED_BEFORE_NEED",
        )
    return min(handover.happened_time, now)


def rests_on(
    handover: Handover, purpose: str, agreement: Agreement | None, cells: Sequence[Cell], then: datetime
) -> tuple[Cell, ...]:
    """The grants that allowed what was told; none where it rests on a vital interest.

    Args:
        agreement, cells: as they were in force `then`, when it was said.

    Raises:
        RuleBroken: TOLD_MORE_THAN_CONSENT: it must be put on record as a vital interest, and is reviewed.
    """
    if handover.legal_basis is LegalBasis.VITAL_INTEREST:
        return ()
    wanted = handover.told_mask
    if agreement is not None and agreement.covers(purpose, then):
        covered = wanted & agreement.categories
        allowance = decide(cells, agency_id=handover.agency_id, purpose=purpose, wanted=covered, now=then)
        if allowance.mask == wanted:
            return allowance.relied_on
        beyond = wanted & ~allowance.mask
    else:
        beyond = wanted
    raise RuleBroken(
        f"The person's consent did not cover {', '.join(categories_in(beyond))} for this agency when it was"
        " told, or no sharing agreement was in force. Nothing was recorded: please send it again with basis"
        " VITAL_INTEREST and say in circumstances what made it necessary; somebody else will review it.",
        reason="TOLD_MORE_THAN_CONSENT",
        categories=",".join(categories_in(beyond)),
    )
