"""A need: what a person asks help for. Each begins one referral."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kernel.codes import reason, service_type
from kernel.errors import Invalid, NotFound, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, NeedId, ReferralId
from kernel.vocabulary import Origin, Routing, Urgency
from services.intake.domain.consent_rules import check_happened

MAX_NEEDS_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class NewNeed:
    """A need as it is asked to be recorded; `note` is plain here and only here."""

    beneficiary_id: BeneficiaryId
    service_type: str
    urgency: Urgency
    routing: Routing
    origin: Origin
    happened_time: datetime | None = None
    continues_referral_id: ReferralId | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RecordedNeed:
    """The ids that a need was given: both random, and the referral's is all that agencies ever see."""

    need_id: NeedId
    referral_id: ReferralId


@dataclass(frozen=True, slots=True)
class Need:
    """A need as it stands; who has recorded it is looked at where somebody asks for their own."""

    need_id: NeedId
    referral_id: ReferralId
    beneficiary_id: BeneficiaryId
    sender_agency_id: AgencyId
    service_type: str
    urgency: Urgency
    routing: Routing
    origin: Origin
    happened_time: datetime
    recorded_time: datetime
    withdrawn_time: datetime | None = None

    def withdraw(self, reason_code: str) -> None:
        """Checks that the need may be withdrawn for this reason.

        Raises:
            Invalid: UNKNOWN_CODE, not one of the person's reasons.
            RuleBroken: NEED_ALREADY_WITHDRAWN.
        """
        reason("PERSON", reason_code)
        if self.withdrawn_time is not None:
            raise RuleBroken("This need was already withdrawn.", reason="NEED_ALREADY_WITHDRAWN")


def check_new(need: NewNeed) -> None:
    """Refuses a need that can never be recorded, whoever it is about.

    Raises:
        Invalid: UNKNOWN_CODE, RESTRICTED_MUST_ASK_FIRST.
    """
    kind = service_type(need.service_type)
    if kind.restricted and need.routing is not Routing.ASK_FIRST:
        raise Invalid(
            "A need for a restricted service always asks the person first.",
            reason="RESTRICTED_MUST_ASK_FIRST",
        )


def check_recordable(
    need: NewNeed,
    *,
    sender_agency_id: AgencyId,
    registered_by_agency_id: AgencyId | None,
    is_erased: bool,
    merged_into: BeneficiaryId | None,
    continues_beneficiary_id: BeneficiaryId | None,
    now: datetime,
) -> None:
    """Refuses a need of somebody whom the sender does not know, or who is no longer known.

    Args:
        registered_by_agency_id: None where there is no such person.
        merged_into: the record that this one was merged into.
        continues_beneficiary_id: whose referral the need continues; None where there is no such referral.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND, REFERRAL_NOT_FOUND (somebody else's looks like none).
        RuleBroken: BENEFICIARY_ERASED, BENEFICIARY_MERGED.
        Invalid: HAPPENED_IN_FUTURE.
    """
    if registered_by_agency_id != sender_agency_id:
        raise NotFound("There is no such person among yours.", reason="BENEFICIARY_NOT_FOUND")
    if is_erased:
        raise RuleBroken("This person's data was erased at their wish.", reason="BENEFICIARY_ERASED")
    if merged_into is not None:
        raise RuleBroken(
            "This record was merged into another one of the same person; record the need on that one.",
            reason="BENEFICIARY_MERGED",
            kept_beneficiary_id=str(merged_into),
        )
    if need.continues_referral_id is not None and continues_beneficiary_id != need.beneficiary_id:
        raise NotFound("There is no such referral of this person to continue.", reason="REFERRAL_NOT_FOUND")
    check_happened(need.happened_time, now)
