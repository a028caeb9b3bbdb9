"""Cases as intake follows referrals; and who followed one, wherever data of a person are told or kept."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from kernel.ids import BeneficiaryId, PrincipalId
from services.intake.domain.case_workers import CaseWorkers
from services.intake.domain.held_referral import Release
from services.intake.domain.need import RecordedNeed
from services.intake.domain.rights_request import AskedBy
from services.intake.use_cases.list_my_cases import list_my_cases
from services.intake.use_cases.set_case_workers import SetCaseWorkers, set_case_workers
from tests.support.consented_people import METHOD, OpenIntake
from tests.support.merges import SUPERVISOR, Merges
from tests.support.retention import Retention
from tests.support.rights import Rights
from tests.support.telephone import A


async def hand_over(intake: OpenIntake, person: BeneficiaryId) -> CaseWorkers:
    """To two others."""
    workers = CaseWorkers(PrincipalId(uuid4()), PrincipalId(uuid4()))
    async with intake.database.transaction(SUPERVISOR) as tx:
        await set_case_workers(SetCaseWorkers(person, workers), tx, intake.parts.people)
    return workers


async def open_needs(intake: OpenIntake, *, with_needs_only: bool = False) -> list[list[object]]:
    """Of each of the desk's cases what has not ended."""
    async with intake.database.transaction(intake.desk) as tx:
        page = await list_my_cases(0, None, METHOD, tx, with_needs_only=with_needs_only)
    return [[need.need_id for need in case.needs] for case in page.cases]


def release(need: RecordedNeed, version: int, *, is_end: bool) -> Release:
    return Release(need.referral_id, version, datetime.now(UTC), is_end)


@pytest.mark.parametrize("was_taken_up", [True, False])
async def test_a_need_is_shown_until_intake_hears_that_its_referral_has_ended(
    intake: OpenIntake, was_taken_up: bool
) -> None:
    person = await intake.person()
    need, other = await intake.need(person), await intake.need(person)
    both = [[other.need_id, need.need_id]]
    if was_taken_up:
        await intake.accepted(need, A)
        assert await open_needs(intake) == both
        await intake.follow(release(need, 2, is_end=False))
        assert await open_needs(intake) == both, "what was given back goes on"
    await intake.follow(release(need, 3, is_end=True))
    assert await open_needs(intake) == [[other.need_id]]
    await intake.follow(release(other, 1, is_end=True))
    assert await open_needs(intake) == [[]]
    assert await open_needs(intake, with_needs_only=True) == []


async def test_nothing_of_what_another_agency_has_sent_is_reached_past_its_rows(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.need(person)
    async with intake.database.transaction(SUPERVISOR) as tx:
        assert len(await tx.connection.fetch("select from open_needs($1)", [person])) == 1
        await tx.connection.execute("select set_config('app.agency', $1, true)", str(A))
        assert await tx.connection.fetch("select from open_needs($1)", [person]) == []
        assert await tx.connection.fetch("select from case_workers") == []


async def test_a_person_is_told_since_when_somebody_followed_their_case_and_others_are_not(
    intake: OpenIntake,
) -> None:
    person, other = await intake.person(), await intake.person()
    for one in (person, other):
        await hand_over(intake, one)
    rights = Rights(intake)
    asked = await rights.register(person)
    first, second = (await rights.document(asked.rights_request_id))["case_workers"]
    assert (first["with_deputy"], second["with_deputy"]) == (False, True)
    assert (first["ended_time"], second["ended_time"]) == (second["set_time"], None)
    assert first["agency_id"] == str(intake.desk.agency_id)
    assert set(first) == {"agency_id", "set_time", "ended_time", "with_deputy"}, (
        "nobody of the staff by an id"
    )
    asked = await rights.register(person, asked_by=AskedBy.SPOUSE)
    assert "case_workers" not in await rights.document(asked.rights_request_id)


async def test_merging_changes_nobodys_cases_and_unmerging_shows_what_was_said_meanwhile(
    intake: OpenIntake,
) -> None:
    merges = Merges(intake)
    kept, merged = await merges.two()
    before = await _workers(intake)
    await merges.merge(kept, merged)
    assert await _workers(intake) == before
    workers = await hand_over(intake, merged)
    happened = (await merges.unmerge(merged)).happened
    told = [(one.beneficiary_id, one.kind) for one in happened]
    assert sorted(told) == sorted([(kept, "CASE_WORKERS"), (merged, "CASE_WORKERS")])
    assert await _workers(intake) == dict.fromkeys((kept, merged), workers), "of each record as it was said"


async def test_after_an_erasure_it_is_kept_that_somebody_followed_the_case(retention: Retention) -> None:
    person = await retention.intake.person()
    await retention.erase_by_right(person)
    [row] = await retention.intake.rows("select document from erasure")
    assert '"rows_of":"case_workers"' in row["document"]
    assert await open_needs(retention.intake) == []


async def _workers(intake: OpenIntake) -> dict[BeneficiaryId, CaseWorkers]:
    rows = await intake.rows(
        "select beneficiary_id, caseworker_id, deputy_id from case_workers where ended_time is null"
    )
    return {row["beneficiary_id"]: CaseWorkers(row["caseworker_id"], row["deputy_id"]) for row in rows}
