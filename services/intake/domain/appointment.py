"""An agreed time between a person and a provider, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kernel import codes
from kernel.errors import Invalid, NotFound, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, ReferralId, ServiceId
from services.intake.domain.consent_rules import CLOCK_TOLERANCE


class AppointmentState(StrEnum):
    """Where it stands."""

    BOOKED = "BOOKED"
    CANCELLED = "CANCELLED"
    ATTENDED = "ATTENDED"
    NO_SHOW = "NO_SHOW"


class AppointmentNotFound(NotFound):
    """No such appointment of a person whom the caller's agency registered."""

    reason = "APPOINTMENT_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Appointment:
    """One appointment as it stands; `sealed_place` is where, under the person's own key."""

    appointment_id: UUID
    beneficiary_id: BeneficiaryId
    agency_id: AgencyId
    referral_id: ReferralId | None
    with_agency_id: AgencyId
    service_id: ServiceId | None
    start_time: datetime
    sealed_place: bytes | None
    state: AppointmentState
    cancel_reason: str | None
    booked_time: datetime
    changed_time: datetime | None

    def check_open(self) -> None:
        """Lets a change pass of what has not ended.

        Raises:
            RuleBroken: APPOINTMENT_ENDED.
        """
        if self.state is not AppointmentState.BOOKED:
            raise RuleBroken(
                "This appointment was cancelled, or it is recorded already whether the person came; book a"
                " new one.",
                reason="APPOINTMENT_ENDED",
                appointment_state=self.state,
            )

    def check_attendance(self, now: datetime) -> None:
        """Lets it pass that somebody came, or did not.

        Raises:
            RuleBroken: APPOINTMENT_ENDED; APPOINTMENT_NOT_BEGUN.
        """
        self.check_open()
        if now + CLOCK_TOLERANCE < self.start_time:
            raise RuleBroken(
                "This appointment has not begun: whether the person comes is not known yet.",
                reason="APPOINTMENT_NOT_BEGUN",
            )


def check_cancel_reason(code: str) -> None:
    """Raises Invalid, UNKNOWN_CODE."""
    if code not in codes.LISTS["APPOINTMENT_CANCELLATIONS"]:
        raise Invalid(
            "There is no such reason: look at the list APPOINTMENT_CANCELLATIONS.",
            reason="UNKNOWN_CODE",
            list="APPOINTMENT_CANCELLATIONS",
        )
