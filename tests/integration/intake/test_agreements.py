"""Sharing agreements over a real PostgreSQL."""

from uuid import uuid4

import pytest

from kernel.errors import Invalid
from services.intake.domain.agreement import LegalRegime
from tests.support.consented_people import OpenIntake, agreement_with, bits

A, B = uuid4(), uuid4()


async def test_a_changed_agreement_is_told_once_and_its_versions_are_kept(intake: OpenIntake) -> None:
    assert await intake.agree(agreement_with(A), agreement_with(B)) == 2
    assert await intake.agree(agreement_with(A), agreement_with(B)) == 0
    assert await intake.agree(agreement_with(A, categories=bits("NAME")), agreement_with(B)) == 1
    told = await intake.told("AgreementChanged")
    assert [row["aggregate_version"] for row in told] == [1, 1, 2]
    versions = await intake.rows(
        "select version, categories from agreement_version where agency_id = $1 order by version", A
    )
    assert [row["version"] for row in versions] == [1, 2]
    assert versions[1]["categories"] == bits("NAME")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"purposes": ("SERVICE_TEAPOT",)}, "UNKNOWN_CODE"),
        ({"legal_regime": LegalRegime.UN_PRIVILEGES_IMMUNITIES}, "TRANSFER_BASIS_MISSING"),
        ({"valid_until_time": agreement_with(A).valid_from_time}, "AGREEMENT_PERIOD_INVALID"),
    ],
)
async def test_an_agreement_on_which_nothing_could_rest_is_refused_with_all_others(
    intake: OpenIntake, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await intake.agree(agreement_with(B), agreement_with(A, **changes))
    assert refusal.value.stable_reason == reason
    assert await intake.rows("select from agreement") == []


async def test_an_agency_is_named_once(intake: OpenIntake) -> None:
    with pytest.raises(Invalid) as refusal:
        await intake.agree(agreement_with(A), agreement_with(A))
    assert refusal.value.stable_reason == "AGENCY_TWICE"
