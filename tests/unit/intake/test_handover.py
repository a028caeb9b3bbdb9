"""On what a hand-over by telephone rests, and who may review it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from kernel import codes
from kernel.errors import Invalid, NotPermitted, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, ConsentId, ReferralId
from kernel.vocabulary import LegalBasis
from services.intake.domain.agreement import Agreement, LegalRegime
from services.intake.domain.cells import Cell, GrantEffect
from services.intake.domain.emergency_review import EmergencyKind, EmergencyReview, ReviewFinding
from services.intake.domain.handover import Handover, HandoverAnswer, check_handover, rests_on

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
AGENCY, PERSON = AgencyId(uuid4()), BeneficiaryId(uuid4())
PURPOSE = "SERVICE_HOUSING"
TOLD = codes.mask(["NAME", "LANGUAGES"])


def handover(**changes: Any) -> Handover:
    fields: dict[str, Any] = {
        "referral_id": ReferralId(uuid4()),
        "agency_id": AGENCY,
        "told_mask": TOLD,
        "legal_basis": LegalBasis.CONSENT,
        "circumstances": "",
        "spoken_to": "the duty phone",
        "answer": HandoverAnswer.TAKEN,
        "happened_time": NOW,
    }
    return Handover(**(fields | changes))


def cell(categories: int = TOLD, effect: GrantEffect = GrantEffect.PERMIT, **changes: Any) -> Cell:
    one = Cell(
        uuid4(),
        PERSON,
        AGENCY,
        PURPOSE,
        LegalBasis.CONSENT,
        effect,
        categories,
        NOW - timedelta(days=1),
        NOW + timedelta(days=1),
        ConsentId(uuid4()),
        uuid4(),
    )
    return replace(one, **changes)


def agreement(categories: int = TOLD) -> Agreement:
    return Agreement(
        agency_id=AGENCY,
        purposes=(PURPOSE,),
        categories=categories,
        legal_regime=LegalRegime.GDPR_CONTROLLER,
        transfer_basis="",
        valid_from_time=NOW - timedelta(days=9),
        valid_until_time=NOW + timedelta(days=9),
    )


def test_what_consent_covered_rests_on_its_grants() -> None:
    permit = cell()
    assert rests_on(handover(), PURPOSE, agreement(), [permit], NOW) == (permit,)


@pytest.mark.parametrize(
    ("contract", "cells"),
    [
        (None, [cell()]),
        (agreement(codes.mask(["NAME"])), [cell()]),
        (agreement(), []),
        (agreement(), [cell(codes.mask(["NAME"]))]),
        (agreement(), [cell(), cell(codes.mask(["LANGUAGES"]), GrantEffect.DENY)]),
        (agreement(), [cell(valid_until_time=NOW)]),
    ],
    ids=["no agreement", "agreement too small", "no consent", "consent too small", "a denial", "ended"],
)
def test_what_was_told_beyond_consent_is_put_on_record_as_a_vital_interest_only(
    contract: Agreement | None, cells: list[Cell]
) -> None:
    with pytest.raises(RuleBroken) as refusal:
        rests_on(handover(), PURPOSE, contract, cells, NOW)
    assert refusal.value.stable_reason == "TOLD_MORE_THAN_CONSENT"
    vital = handover(legal_basis=LegalBasis.VITAL_INTEREST, circumstances="She had to leave at once.")
    assert rests_on(vital, PURPOSE, contract, cells, NOW) == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"legal_basis": LegalBasis.VITAL_INTEREST, "circumstances": "  "}, "CIRCUMSTANCES_MISSING"),
        ({"happened_time": NOW + timedelta(hours=1)}, "HAPPENED_IN_FUTURE"),
        ({"happened_time": NOW - timedelta(days=2)}, "HAPPENED_BEFORE_NEED"),
        ({"spoken_to": "Somebody\u202e on duty"}, "NAME_NOT_PLAIN"),
    ],
)
def test_a_report_that_cannot_be_so_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_handover(handover(**changes), NOW - timedelta(days=1), NOW)
    assert refusal.value.stable_reason == reason


def test_a_clock_that_is_a_little_ahead_is_taken_for_now() -> None:
    ahead = handover(happened_time=NOW + timedelta(minutes=2))
    assert check_handover(ahead, NOW - timedelta(days=1), NOW) == NOW


def review(*involved: UUID, finding: ReviewFinding | None = None) -> EmergencyReview:
    return EmergencyReview(
        uuid4(),
        EmergencyKind.HANDOVER,
        ReferralId(uuid4()),
        PERSON,
        AGENCY,
        AGENCY,
        involved,
        NOW,
        NOW + timedelta(hours=72),
        finding=finding,
    )


def test_whoever_had_a_part_in_it_reviews_nothing_of_it() -> None:
    one, other, third = uuid4(), uuid4(), uuid4()
    for involved in (one, other):
        with pytest.raises(NotPermitted) as refusal:
            review(one, other).check_reviewer(involved)
        assert refusal.value.stable_reason == "REVIEWER_INVOLVED"
    review(one, other).check_reviewer(third)


def test_a_finding_stays() -> None:
    with pytest.raises(RuleBroken) as refusal:
        review(uuid4(), finding=ReviewFinding.JUSTIFIED).check_reviewer(uuid4())
    assert refusal.value.stable_reason == "ALREADY_REVIEWED"
