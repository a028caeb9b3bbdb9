"""Emergency access: asked for by one person, allowed by another for a time, reviewed by a third."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import Final
from uuid import UUID

from kernel.errors import Invalid, NotPermitted, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, ReferralId
from services.intake.domain.agreement import Agreement
from services.intake.domain.cells import Cell, GrantEffect

USUAL_MINUTES: Final = 240
SHORTEST_MINUTES: Final = 15
LONGEST_MINUTES: Final = 1440


class AccessState(StrEnum):
    """Where an emergency access stands."""

    REQUESTED = "REQUESTED"
    AUTHORISED = "AUTHORISED"
    REFUSED = "REFUSED"


class EmergencyRefusal(StrEnum):
    """Why nothing was given though it was allowed, as it is kept on record."""

    NOT_HOLDER = "NOT_HOLDER"
    ACCESS_NOT_IN_FORCE = "ACCESS_NOT_IN_FORCE"
    NO_AGREEMENT = "NO_AGREEMENT"
    EXCLUDED_BY_PERSON = "EXCLUDED_BY_PERSON"
    BENEFICIARY_ERASED = "BENEFICIARY_ERASED"
    CORRECTED_SINCE = "CORRECTED_SINCE"


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """One access; `owner_agency_id` is the side that sent the referral, `agency_id` the one that holds it."""

    emergency_access_id: UUID
    referral_id: ReferralId
    beneficiary_id: BeneficiaryId
    service_type: str
    agency_id: AgencyId
    owner_agency_id: AgencyId
    asked_mask: int
    sealed_circumstances: bytes
    requested_by_id: UUID
    requested_time: datetime
    state: AccessState = AccessState.REQUESTED
    authorised_mask: int = 0
    decided_by_id: UUID | None = None
    valid_until_time: datetime | None = None

    def check_decision(self, decider_id: UUID, wanted_mask: int) -> int:
        """What is allowed: all that was asked for, or the part of it that is named.

        Raises:
            RuleBroken: ALREADY_DECIDED.
            NotPermitted: AUTHORISER_INVOLVED, whoever asked decides nothing.
            Invalid: NOT_ASKED_FOR.
        """
        if self.state is not AccessState.REQUESTED:
            raise RuleBroken("Somebody has decided on this already.", reason="ALREADY_DECIDED")
        if decider_id == self.requested_by_id:
            raise NotPermitted(
                "You asked for this yourself; somebody else must decide on it.", reason="AUTHORISER_INVOLVED"
            )
        if wanted_mask & ~self.asked_mask:
            raise Invalid("Only what was asked for can be allowed.", reason="NOT_ASKED_FOR")
        return wanted_mask or self.asked_mask

    def in_force(self, now: datetime) -> bool:
        """Whether it may be used at `now`; its last instant is not part of it."""
        return self.valid_until_time is not None and now < self.valid_until_time


def valid_for(minutes: int) -> timedelta:
    """For how long it is allowed; 0 stands for the usual time.

    Raises:
        Invalid: PERIOD_INVALID.
    """
    chosen = minutes or USUAL_MINUTES
    if not SHORTEST_MINUTES <= chosen <= LONGEST_MINUTES:
        raise Invalid(
            f"An emergency access lasts {SHORTEST_MINUTES} to {LONGEST_MINUTES} minutes.",
            reason="PERIOD_INVALID",
        )
    return timedelta(minutes=chosen)


def given_by_emergency(
    access: EmergencyAccess, purpose: str, agreement: Agreement | None, cells: Iterable[Cell], now: datetime
) -> int | EmergencyRefusal:
    """The bits that may be given, or why none may.

    No permit is asked for; but whom the person has excluded stays excluded, for whatever purpose they said
    it, and without a sharing agreement nothing is given to anybody.

    Args:
        cells: the person's grants and denials for this agency, locked; `now` was read after the lock.
    """
    if not access.in_force(now):
        return EmergencyRefusal.ACCESS_NOT_IN_FORCE
    if agreement is None or not agreement.covers(purpose, now):
        return EmergencyRefusal.NO_AGREEMENT
    denials = [cell.categories for cell in cells if cell.effect is GrantEffect.DENY and cell.in_force(now)]
    denied = reduce(lambda bits, mask: bits | mask, denials, 0)
    allowed = access.authorised_mask & agreement.categories & ~denied
    return allowed or EmergencyRefusal.EXCLUDED_BY_PERSON
