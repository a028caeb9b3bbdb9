"""Needs over a real PostgreSQL: recorded once with their event, withdrawn, listed, told by their rules."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.caller import Caller
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.errors import Conflict, Invalid, KemError, NotFound, RuleBroken
from kernel.ids import BeneficiaryId, NeedId, ReferralId, random_id
from kernel.vocabulary import Routing
from services.intake.domain.need import NewNeed, RecordedNeed
from services.intake.use_cases.list_needs import list_needs
from services.intake.use_cases.record_needs import RecordNeeds, record_needs
from services.intake.use_cases.withdraw_need import WithdrawNeed, withdraw_need
from tests.support.consented_people import METHOD, OpenIntake, member_of, need_of
from tests.support.vault import worker_of

A = uuid4()


async def _several(intake: OpenIntake, *needs: NewNeed) -> tuple[RecordedNeed, ...]:
    async with intake.database.transaction(intake.desk) as tx:
        return await record_needs(RecordNeeds(uuid4(), needs), tx, intake.parts.needs, intake.parts.vault)


async def _withdraw(
    intake: OpenIntake, need_id: NeedId, reason: str = "CHANGED_MIND", by: Caller | None = None
) -> None:
    async with intake.database.transaction(by or intake.desk) as tx:
        parts = intake.parts
        await withdraw_need(WithdrawNeed(uuid4(), need_id, reason), tx, parts.people, parts.needs)


async def _listed(intake: OpenIntake, person: BeneficiaryId, size: int) -> list[list[NeedId]]:
    """All pages of the person's needs."""
    pages, before = [], None
    while True:
        async with intake.database.transaction(intake.desk) as tx:
            page = await list_needs(person, size, before, METHOD, tx, intake.parts.people, intake.parts.needs)
        pages.append([need.need_id for need in page.needs])
        before = page.next_before
        if before is None:
            return pages


async def test_a_need_is_recorded_with_its_event_in_one_commit(intake: OpenIntake) -> None:
    person = await intake.person()
    ids = await intake.need(person)
    [told] = await intake.told("NeedRecorded")
    envelope = IntakeEvent.FromString(told["payload"])
    fact = envelope.need_recorded
    assert (fact.need_id, fact.referral_id) == (str(ids.need_id), str(ids.referral_id))
    assert (fact.beneficiary_id, fact.sender_agency_id) == (str(person), str(intake.desk.agency_id))
    assert envelope.actor.id == str(intake.desk.principal_id)
    [row] = await intake.rows("select recorded_time, happened_time from need")
    assert fact.recorded_time.ToDatetime(tzinfo=UTC) == row["recorded_time"] == row["happened_time"]


async def test_the_same_request_has_one_effect_and_one_answer(intake: OpenIntake) -> None:
    person, request_id = await intake.person(), uuid4()
    at_once = await asyncio.gather(*(intake.need(person, request_id=request_id) for _ in range(10)))
    later = await intake.need(person, request_id=request_id)
    assert {*at_once, later} == {later}
    assert len(await intake.rows("select from need")) == 1
    assert len(await intake.told("NeedRecorded")) == 1


async def test_a_request_id_cannot_be_used_for_another_need(intake: OpenIntake) -> None:
    person, request_id = await intake.person(), uuid4()
    await intake.need(person, request_id=request_id)
    with pytest.raises(Conflict) as refusal:
        await intake.need(person, request_id=request_id, service_type="GREEK_A2")
    assert refusal.value.stable_reason == "REQUEST_ID_REUSED"
    with pytest.raises(Conflict):
        await asyncio.gather(
            *(
                intake.need(person, request_id=other_id, service_type=service_type)
                for other_id in [uuid4()]
                for service_type in ("GREEK_A1", "GREEK_A2")
            )
        )


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({"service_type": "TEAPOT"}, Invalid, "UNKNOWN_CODE"),
        ({"service_type": "GBV_SHELTER"}, Invalid, "RESTRICTED_MUST_ASK_FIRST"),
        (
            {"service_type": "GBV_SHELTER", "routing": Routing.HOLD},
            Invalid,
            "RESTRICTED_MUST_ASK_FIRST",
        ),
        ({"happened_time": datetime.now(UTC) + timedelta(days=1)}, Invalid, "HAPPENED_IN_FUTURE"),
        ({"continues_referral_id": ReferralId(random_id())}, NotFound, "REFERRAL_NOT_FOUND"),
    ],
)
async def test_a_need_that_cannot_be_recorded_is_refused(
    intake: OpenIntake, changes: dict[str, Any], kind: type[KemError], reason: str
) -> None:
    person = await intake.person()
    with pytest.raises(kind) as refusal:
        await intake.need(person, **changes)
    assert refusal.value.stable_reason == reason
    with pytest.raises(kind) as refusal:
        await _several(intake, need_of(person), need_of(person, **changes))
    assert refusal.value.stable_reason == reason
    assert refusal.value.metadata["need_index"] == "1"
    assert await intake.rows("select from need") == []


async def test_a_restricted_need_asks_first_and_its_type_stays_here(intake: OpenIntake) -> None:
    await intake.need(await intake.person(), service_type="GBV_SHELTER", routing=Routing.ASK_FIRST)
    [told] = await intake.told("NeedRecorded")
    assert b"GBV" not in told["payload"]


async def test_of_an_erased_person_no_need_is_recorded(intake: OpenIntake) -> None:
    person = await intake.person()
    async with intake.worker.transaction(intake.desk) as tx:
        await tx.connection.execute("update beneficiary set erased_time = clock_timestamp()")
    with pytest.raises(RuleBroken) as refusal:
        await intake.need(person)
    assert refusal.value.stable_reason == "BENEFICIARY_ERASED"


async def test_a_partner_records_needs_of_its_own_people_only(intake: OpenIntake) -> None:
    person, partner = await intake.person(), member_of(A)
    with pytest.raises(NotFound):
        await intake.need(person, by=partner)
    async with intake.database.transaction(partner) as tx:
        with pytest.raises(NotFound):
            await record_needs(
                RecordNeeds(uuid4(), [need_of(person)]), tx, intake.parts.needs, intake.parts.vault
            )


async def test_a_continued_referral_must_be_the_same_person_s(intake: OpenIntake) -> None:
    one, other = await intake.person(), await intake.person()
    first = await intake.need(one)
    with pytest.raises(NotFound):
        await intake.need(other, continues_referral_id=first.referral_id)
    again = await intake.need(one, continues_referral_id=first.referral_id)
    told = await intake.told("NeedRecorded")
    assert IntakeEvent.FromString(told[-1]["payload"]).need_recorded.continues_referral_id == str(
        first.referral_id
    )
    assert again != first


async def test_words_about_the_need_are_sealed(intake: OpenIntake) -> None:
    person = await intake.person()
    one = await intake.need(person, note="MARKED words")
    [two] = await _several(intake, need_of(person, note="MARKED too"))
    for ids, words in ((one, "MARKED words"), (two, "MARKED too")):
        [row] = await intake.rows("select * from need where need_id = $1", ids.need_id)
        assert b"MARKED" not in row["sealed_note"]
        async with intake.database.transaction(intake.desk) as tx:
            opened = await intake.parts.vault.open_texts(tx, [(person, ids.need_id, row["sealed_note"])])
        assert opened == [words]
    assert all(b"MARKED" not in row["payload"] for row in await intake.told())


async def test_several_needs_are_recorded_in_order(intake: OpenIntake) -> None:
    person, other = await intake.person(), await intake.person()
    recorded = await _several(intake, need_of(person), need_of(other), need_of(person))
    rows = {row["need_id"]: row["beneficiary_id"] for row in await intake.rows("select * from need")}
    assert [rows[one.need_id] for one in recorded] == [person, other, person]
    assert len(await intake.told("NeedRecorded")) == 3


async def test_a_withdrawn_need_is_told_and_its_reason_stays_here(intake: OpenIntake) -> None:
    need = await intake.need(await intake.person())
    await _withdraw(intake, need.need_id, "AFRAID")
    [told] = await intake.told("NeedWithdrawn")
    assert IntakeEvent.FromString(told["payload"]).need_withdrawn.reason == "WITHHELD"
    assert told["aggregate_version"] == 2
    [row] = await intake.rows("select withdrawn_reason from need")
    assert row["withdrawn_reason"] == "AFRAID"
    with pytest.raises(RuleBroken) as refusal:
        await _withdraw(intake, need.need_id)
    assert refusal.value.stable_reason == "NEED_ALREADY_WITHDRAWN"


async def test_only_the_person_s_reasons_withdraw_a_need(intake: OpenIntake) -> None:
    need = await intake.need(await intake.person())
    with pytest.raises(Invalid):
        await _withdraw(intake, need.need_id, "NO_CAPACITY")


async def test_somebody_else_s_need_looks_like_none(intake: OpenIntake) -> None:
    need = await intake.need(await intake.person())
    for need_id in (need.need_id, NeedId(random_id())):
        with pytest.raises(NotFound) as refusal:
            await _withdraw(intake, need_id, by=member_of(A))
        assert refusal.value.stable_reason == "NEED_NOT_FOUND"


async def test_needs_are_listed_newest_first_and_each_once(intake: OpenIntake) -> None:
    person, other = await intake.person(), await intake.person()
    recorded = [one.need_id for one in await _several(intake, *[need_of(person)] * 5)]
    recorded += [(await intake.need(person)).need_id for _ in range(2)]
    await intake.need(other)
    pages = await _listed(intake, person, 3)
    assert [len(page) for page in pages] == [3, 3, 1]
    listed = [need_id for page in pages for need_id in page]
    assert set(listed) == set(recorded)
    assert listed[:2] == recorded[:-3:-1]
    assert len(await intake.told("AccessRecorded")) == 3


async def test_an_agency_sees_the_needs_that_it_sent_only(intake: OpenIntake) -> None:
    await intake.need(await intake.person())
    async with intake.database.transaction(worker_of(A)) as tx:
        assert await tx.connection.fetch("select from need") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tx.connection.execute("update need set service_type = 'GREEK_A2'")
