"""Corrections of a person's data, and who holds an earlier value: they are told, and answer (GDPR 19)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import groupby
from operator import or_
from uuid import UUID

from kernel.errors import RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, DisclosureId, ReferralId, random_id
from services.intake.domain.recall import RECALL_DUE, Recall, RecallCause, RecalledDisclosure


@dataclass(frozen=True, slots=True)
class Correction:
    """`corrected_mask` are the categories that changed; what has no bit is given to nobody."""

    correction_id: UUID
    beneficiary_id: BeneficiaryId
    version: int
    corrected_mask: int
    by_agency_id: AgencyId
    corrected_time: datetime


@dataclass(frozen=True, slots=True)
class EarlierValue:
    """A disclosure by which an agency still holds earlier values of the categories in `mask`."""

    agency_id: AgencyId
    referral_id: ReferralId
    service_type: str
    disclosure_id: DisclosureId
    disclosed_time: datetime
    mask: int


def recalls_for(
    beneficiary_id: BeneficiaryId, by_agency_id: AgencyId, held: Iterable[EarlierValue], now: datetime
) -> list[Recall]:
    """One recall of the earlier values for each agency and referral."""
    in_order = sorted(held, key=lambda one: (*_whose(one), one.disclosed_time))
    return [
        _recall(beneficiary_id, by_agency_id, list(values), now)
        for _, values in groupby(in_order, key=_whose)
    ]


def _whose(one: EarlierValue) -> tuple[UUID, UUID]:
    return one.agency_id, one.referral_id


def _recall(
    beneficiary_id: BeneficiaryId, by_agency_id: AgencyId, held: list[EarlierValue], now: datetime
) -> Recall:
    first = held[0]
    return Recall(
        recall_id=random_id(),
        referral_id=first.referral_id,
        beneficiary_id=beneficiary_id,
        owner_agency_id=by_agency_id,
        agency_id=first.agency_id,
        service_type=first.service_type,
        cause=RecallCause.CORRECTED,
        consent_event_id=None,
        recalled_mask=reduce(or_, (one.mask for one in held)),
        opened_time=now,
        due_time=now + RECALL_DUE,
        disclosures=tuple(
            RecalledDisclosure(one.disclosure_id, one.disclosed_time, one.mask, is_in_between=False)
            for one in held
        ),
    )


def corrected_since() -> RuleBroken:
    """By a request_id nothing else is told than what was given by it, and that is no longer so."""
    return RuleBroken(
        "What you were given by this request_id was corrected since. Ask anew with a new request_id to be"
        " given what is right now, and destroy what you had.",
        reason="CORRECTED_SINCE",
    )
