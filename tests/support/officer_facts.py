"""Facts of intake that tell the hub's own officers that something waits, and such as tell them of nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from kernel.ids import AgencyId, DisclosureId, ReferralId
from kernel.vocabulary import LegalBasis
from services.intake.domain.complaint_events import ComplaintAnswered, ComplaintRegistered
from services.intake.domain.emergency_events import (
    EmergencyAccessDecided,
    EmergencyAccessRequested,
    HandoverRecorded,
)
from services.intake.domain.rights_events import (
    RightsRequestAnswered,
    RightsRequestExtended,
    RightsRequestRegistered,
)
from tests.support.referral_facts import A_TIME, AGENCY

IN_A_MONTH: Final = A_TIME + timedelta(days=30)
_REFERRAL: Final = ReferralId(uuid4())
_AGENCY: Final = AgencyId(AGENCY)


def handover(basis: LegalBasis) -> HandoverRecorded:
    """Something was told by telephone."""
    return HandoverRecorded(
        DisclosureId(uuid4()), _REFERRAL, _AGENCY, 0, basis, True, A_TIME, "", (), (), agreement_version=1
    )


def access_decided(until: datetime | None) -> EmergencyAccessDecided:
    """An emergency access was allowed, or was not."""
    return EmergencyAccessDecided(uuid4(), _REFERRAL, _AGENCY, 0, until)


WAITING: Final[Sequence[object]] = (
    EmergencyAccessRequested(uuid4(), _REFERRAL, _AGENCY, 0),
    access_decided(A_TIME + timedelta(hours=4)),
    handover(LegalBasis.VITAL_INTEREST),
    RightsRequestRegistered(uuid4(), _AGENCY, IN_A_MONTH),
    ComplaintRegistered(uuid4(), IN_A_MONTH),
)
NOTHING_TO_REVIEW: Final[Sequence[object]] = (access_decided(None), handover(LegalBasis.CONSENT))


def rights_facts(
    due_time: datetime, later_time: datetime
) -> tuple[RightsRequestRegistered, RightsRequestExtended, RightsRequestAnswered]:
    """All that concerns the time of one request, in its order."""
    request_id: UUID = uuid4()
    return (
        RightsRequestRegistered(request_id, _AGENCY, due_time),
        RightsRequestExtended(request_id, 2, _AGENCY, later_time),
        RightsRequestAnswered(request_id, 3, _AGENCY),
    )


def complaint_facts(due_time: datetime) -> tuple[ComplaintRegistered, ComplaintAnswered]:
    """All that is told of one complaint, in its order."""
    complaint_id: UUID = uuid4()
    return ComplaintRegistered(complaint_id, due_time), ComplaintAnswered(complaint_id)
