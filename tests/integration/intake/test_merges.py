"""Two records are seen as one person's and as two again: nothing is changed, moved or lost by that."""

import asyncio
import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.errors import KemError, NotFound, NotPermitted, RuleBroken
from kernel.vocabulary import Routing
from services.intake.domain.beneficiary import Absence, Birth, Guardian
from services.intake.domain.rights_request import Right
from services.intake.use_cases.get_beneficiary import get_beneficiary
from services.intake.use_cases.list_needs import list_needs
from services.intake.use_cases.record_needs import RecordNeeds, record_needs
from tests.integration.chassis.waiting import until
from tests.support.consented_people import METHOD, OpenIntake, grant, member_of, need_of
from tests.support.merges import PROTECTOR, SUPERVISOR, Merges
from tests.support.people import invented_person
from tests.support.rights import Rights
from tests.support.telephone import A
from tests.support.vault import worker_of


@pytest.fixture
def merges(intake: OpenIntake) -> Merges:
    return Merges(intake)


async def refused(call: Any) -> str:
    with pytest.raises(KemError) as refusal:
        await call
    return refusal.value.stable_reason


async def test_merging_changes_no_row_of_either_and_unmerging_brings_back_exactly_what_was(
    merges: Merges,
) -> None:
    kept, merged = await merges.two()
    for person in (kept, merged):
        need = await merges.holding(person)
        await merges.intake.disclose(need, member_of(A))
        await Rights(merges.intake).register(person, Right.ACCESS)
    before = [await merges.rows_of(person) for person in (kept, merged)]
    assert all(before[0][table] for table in ("sealed_record", "grant_cell", "need", "disclosure"))
    done = await merges.merged(kept, merged)
    assert [await merges.rows_of(person) for person in (kept, merged)] == before
    undone = await merges.unmerge(merged)
    assert [await merges.rows_of(person) for person in (kept, merged)] == before
    assert (undone.happened, undone.happened_count, undone.kept_id) == ([], 0, kept)
    [row] = await merges.intake.rows("select *, beneficiary_merge::text as whole from beneficiary_merge")
    assert (row["merge_id"], row["unmerged_time"]) == (done.merge_id, undone.unmerged_time)
    assert "MARKED" not in row["whole"]


async def test_others_hear_of_it_by_ids_only_and_whoever_matches_asks_again(merges: Merges) -> None:
    kept, merged = await merges.two()
    asked_again = len(await merges.intake.told("ProfileChanged"))
    done = await merges.merged(kept, merged)
    assert len(await merges.intake.told("ProfileChanged")) == asked_again + 2
    await merges.unmerge(merged)
    assert len(await merges.intake.told("ProfileChanged")) == asked_again + 4
    rows = await merges.intake.told("BeneficiariesMerged", "BeneficiariesUnmerged")
    told = [IntakeEvent.FromString(row["payload"]) for row in rows]
    assert [(one.aggregate_id, one.aggregate_version) for one in told] == [
        (str(done.merge_id), 1),
        (str(done.merge_id), 2),
    ]
    fact = told[0].beneficiaries_merged
    assert (fact.merged_beneficiary_id, fact.kept_beneficiary_id) == (str(merged), str(kept))


async def test_a_new_need_goes_to_the_kept_record_and_may_continue_a_referral_of_the_merged_one(
    merges: Merges,
) -> None:
    kept, merged = await merges.two()
    before = await merges.intake.need(merged)
    await merges.merge(kept, merged)
    with pytest.raises(RuleBroken) as refusal:
        await merges.intake.need(merged)
    assert refusal.value.stable_reason == "BENEFICIARY_MERGED"
    assert refusal.value.metadata["kept_beneficiary_id"] == str(kept)
    await merges.intake.need(kept, continues_referral_id=before.referral_id)
    await merges.unmerge(merged)
    await merges.intake.need(merged)
    other = await refused(merges.intake.need(kept, continues_referral_id=before.referral_id))
    assert other == "REFERRAL_NOT_FOUND"


async def test_a_need_that_is_recorded_while_a_merge_commits_is_refused_not_lost_between(
    merges: Merges,
) -> None:
    kept, merged = await merges.two()
    async with merges.intake.database.transaction(SUPERVISOR) as tx:
        await merges.merge(kept, merged, tx=tx)
        recording = asyncio.create_task(merges.intake.need(merged))
        await until(lambda: merges.intake.rows("select from pg_locks where not granted"))
    assert await refused(recording) == "BENEFICIARY_MERGED"
    assert await merges.intake.rows("select from need") == []


async def test_what_is_asked_for_twice_is_shown_to_the_worker_and_ends_nothing(merges: Merges) -> None:
    kept, merged = await merges.two()
    first, second = await merges.intake.need(kept), await merges.intake.need(merged)
    await merges.intake.need(merged, service_type="FOOD")
    done = await merges.merge(kept, merged)
    assert done.asked_twice == [[first.referral_id, second.referral_id]]
    assert await merges.intake.told("NeedWithdrawn") == []
    rows = await merges.intake.rows("select from need where withdrawn_time is null")
    assert len(rows) == 3


async def test_chains_cycles_and_doubles_are_refused_and_say_which_record_to_take(merges: Merges) -> None:
    first, second = await merges.two()
    third, fourth = await merges.two()
    await merges.merge(first, second)
    assert await refused(merges.merge(first, first)) == "SAME_RECORD"
    assert await refused(merges.merge(first, second)) == "ALREADY_MERGED"
    assert await refused(merges.merge(second, first)) == "MERGE_CYCLE"
    for kept, merged, named in ((second, third, first), (third, second, first)):
        with pytest.raises(RuleBroken) as refusal:
            await merges.merge(kept, merged)
        assert refusal.value.stable_reason == "MERGE_CHAIN"
        assert refusal.value.metadata["kept_beneficiary_id"] == str(named)
    with pytest.raises(RuleBroken) as refusal:
        await merges.merge(third, first)
    assert refusal.value.metadata["merged_beneficiary_id"] == str(second)
    await merges.merge(first, third)
    await merges.merge(first, fourth)
    assert await refused(merges.unmerge(first)) == "NOT_MERGED"
    await merges.unmerge(third)
    assert await refused(merges.unmerge(third)) == "NOT_MERGED"


async def test_of_two_supervisors_who_merge_the_same_records_both_ways_at_once_one_does(
    merges: Merges,
) -> None:
    one, other = await merges.two()
    answers = await asyncio.gather(merges.merge(one, other), merges.merge(other, one), return_exceptions=True)
    reasons = [answer.stable_reason for answer in answers if isinstance(answer, KemError)]
    assert reasons == ["MERGE_CYCLE"]
    assert len(await merges.intake.rows("select from beneficiary_merge")) == 1


@pytest.mark.parametrize("why", ["child", "unknown", "restricted", "frozen"])
async def test_about_some_an_officer_decides_and_the_supervisor_is_not_told_why(
    merges: Merges, why: str
) -> None:
    ten = Birth(date(datetime.now(UTC).year - 10, 3, 1))
    age: dict[str, dict[str, Any]] = {
        "child": {"birth": ten, "guardian": Guardian("", "NOT_APPOINTED")},
        "unknown": {"birth": Birth(None, absence=Absence.UNKNOWN)},
    }
    kept, merged = await merges.two(**age.get(why, {}))
    if why == "restricted":
        await merges.intake.need(merged, service_type="GBV_SHELTER", routing=Routing.ASK_FIRST)
    if why == "frozen":
        await merges.freeze(merged)
    messages = []
    with pytest.raises(NotPermitted) as refusal:
        await merges.merge(kept, merged)
    messages.append(str(refusal.value))
    await merges.merge(kept, merged, by=PROTECTOR)
    with pytest.raises(NotPermitted) as refusal:
        await merges.unmerge(merged)
    messages.append(str(refusal.value))
    await merges.unmerge(merged, by=PROTECTOR)
    assert len(set(messages)) == 1
    assert not re.search(r"18|under|age\b|shelter|frozen|restricted", messages[0])


async def test_another_agency_merges_its_own_people_only(merges: Merges) -> None:
    kept, merged = await merges.two()
    stranger = worker_of(uuid4(), "supervisor")
    theirs = await merges.intake.open_vault.register(invented_person(), stranger)
    for call in (merges.merge(kept, merged, by=stranger), merges.merge(theirs, merged, by=stranger)):
        with pytest.raises(NotFound):
            await call
    await merges.merge(kept, merged)
    assert await refused(merges.unmerge(merged, by=stranger)) == "BENEFICIARY_NOT_FOUND"


async def test_what_was_written_meanwhile_stays_on_its_record_and_is_listed(merges: Merges) -> None:
    kept, merged = await merges.two()
    await merges.merge(kept, merged)
    need = await merges.intake.need(kept)
    await merges.intake.consent(merged, grant(A))
    asked = await Rights(merges.intake).register(merged, Right.ACCESS)
    done = await merges.unmerge(merged)
    listed = [(one.beneficiary_id, one.kind) for one in done.happened]
    assert listed == [(kept, "NEED"), (merged, "CONSENT"), (merged, "RIGHTS_REQUEST")]
    assert {done.happened[0].id, done.happened[2].id} == {need.need_id, asked.rights_request_id}
    assert done.happened_count == 3
    [row] = await merges.intake.rows("select beneficiary_id from need")
    assert row["beneficiary_id"] == kept


async def test_both_records_show_each_other_and_needs_are_listed_of_both(merges: Merges) -> None:
    kept, merged = await merges.two()
    needs = [await merges.intake.need(person) for person in (kept, merged)]
    await merges.merge(kept, merged)
    parts = merges.intake.parts
    for person, other in ((kept, merged), (merged, kept)):
        async with merges.intake.database.transaction(merges.intake.desk) as tx:
            shown = await get_beneficiary(person, METHOD, tx, parts.people)
            page = await list_needs(person, 0, None, METHOD, tx, parts.people, parts.needs)
        assert [(one.beneficiary_id, one.is_kept) for one in shown.others] == [(other, person == merged)]
        assert [one.need_id for one in page.needs] == [need.need_id for need in reversed(needs)]
        assert [one.beneficiary_id for one in page.needs] == [merged, kept]


@pytest.mark.parametrize("restricted", ["kept", "merged"])
async def test_of_a_merged_record_that_is_restricted_only_protection_staff_are_told(
    merges: Merges, restricted: str
) -> None:
    kept, merged = await merges.two()
    hidden, person = (kept, merged) if restricted == "kept" else (merged, kept)
    await merges.intake.need(hidden, service_type="GBV_SHELTER", routing=Routing.ASK_FIRST)
    own = await merges.intake.need(person)
    await merges.merge(kept, merged, by=PROTECTOR)
    parts, found = merges.intake.parts, {}
    for by in (merges.intake.desk, PROTECTOR):
        async with merges.intake.database.transaction(by) as tx:
            shown = await get_beneficiary(person, METHOD, tx, parts.people)
            page = await list_needs(person, 0, None, METHOD, tx, parts.people, parts.needs)
        others = [one.beneficiary_id for one in shown.others]
        found[by] = (others, {one.beneficiary_id for one in page.needs})
        assert own.need_id in {one.need_id for one in page.needs}
    assert found[merges.intake.desk] == ([], {person})
    assert found[PROTECTOR] == ([hidden], {person, hidden})


async def test_whose_need_belongs_on_a_restricted_record_is_told_without_its_id(merges: Merges) -> None:
    kept, merged = await merges.two()
    await merges.intake.need(kept, service_type="GBV_SHELTER", routing=Routing.ASK_FIRST)
    await merges.merge(kept, merged, by=PROTECTOR)
    for by, metadata in ((None, {}), (PROTECTOR, {"kept_beneficiary_id": str(kept)})):
        with pytest.raises(RuleBroken) as refusal:
            await merges.intake.need(merged, by=by)
        assert (refusal.value.stable_reason, refusal.value.metadata) == ("BENEFICIARY_MERGED", metadata)
        assert (str(kept) in str(refusal.value)) is False
    command = RecordNeeds(uuid4(), [need_of(merged)])
    with pytest.raises(RuleBroken) as refusal:
        async with merges.intake.database.transaction(merges.intake.desk) as tx:
            await record_needs(command, tx, merges.intake.parts.needs, merges.intake.parts.vault)
    assert refusal.value.metadata == {"need_index": "0"}
