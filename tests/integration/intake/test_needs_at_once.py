"""Many needs at once over a real PostgreSQL share commits; none spoils, doubles or delays another one."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from kernel.errors import Exhausted, NotFound, Unavailable
from kernel.ids import AgencyId, BeneficiaryId, NeedId, PrincipalId, ReferralId, random_id
from services.intake.adapters.needs_writer import NeedsWriter
from services.intake.adapters.postgres_needs import NeedRow
from services.intake.domain.need import RecordedNeed
from tests.support.consented_people import METHOD, OpenIntake, need_of, open_intake
from tests.support.postgres import MakeDatabase
from tests.support.vault import KEM


async def test_concurrent_needs_share_commits_and_each_gets_its_own_answer(intake: OpenIntake) -> None:
    people = [await intake.person() for _ in range(5)]
    answers = await asyncio.gather(*(intake.need(people[number % 5]) for number in range(150)))
    rows = await intake.rows("select need_id, referral_id, beneficiary_id, xmin::text as commit from need")
    assert {(row["need_id"], row["referral_id"]) for row in rows} == {
        (one.need_id, one.referral_id) for one in answers
    }
    by_need = {row["need_id"]: row["beneficiary_id"] for row in rows}
    assert [by_need[one.need_id] for one in answers] == [people[number % 5] for number in range(150)]
    assert len({row["commit"] for row in rows}) < 20
    assert len(await intake.told("NeedRecorded")) == 150


async def test_the_same_request_at_two_processes_at_once_has_one_effect_and_one_answer(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    database = fresh_database(schemas=("intake",))
    async with open_intake(database, tmp_path) as one, open_intake(database, tmp_path) as other:
        other.database.request_key = one.database.request_key  # of the service's identity, so the same
        person = await one.person()

        async def record(intake: OpenIntake, requests: Sequence[UUID]) -> list[RecordedNeed]:
            needs = (intake.need(person, by=one.desk, request_id=request_id) for request_id in requests)
            return list(await asyncio.gather(*needs))

        for _ in range(20):  # in some rounds both look before either writes
            requests = [uuid4(), uuid4()]
            answers = await asyncio.gather(record(one, requests), record(other, requests))
            assert answers[0] == answers[1]
        assert len(await one.rows("select from need")) == len(await one.told("NeedRecorded")) == 40


async def test_a_refused_need_spoils_nobody_else_s_and_may_be_sent_again(intake: OpenIntake) -> None:
    person, request_id = await intake.person(), uuid4()
    somebody = BeneficiaryId(random_id())
    answers = await asyncio.gather(
        *(intake.need(person) for _ in range(20)),
        intake.need(somebody, request_id=request_id),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers].count(RecordedNeed) == 20
    assert isinstance(answers[-1], NotFound)
    assert await intake.need(person, request_id=request_id)


async def test_a_row_that_the_database_refuses_is_refused_alone(intake: OpenIntake) -> None:
    person = await intake.person()
    answers = await asyncio.gather(
        *(intake.need(person) for _ in range(10)),
        intake.need(person, urgency="NOT_AN_URGENCY"),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers].count(RecordedNeed) == 10
    assert not isinstance(answers[-1], RecordedNeed)
    assert len(await intake.rows("select from need")) == 10


async def test_too_much_waiting_is_refused_with_a_time_to_come_back(intake: OpenIntake) -> None:
    person, backlog = await intake.person(), intake.parts.backlog
    backlog.unread = 10**6
    with pytest.raises(Exhausted) as refusal:
        await intake.need(person)
    assert refusal.value.retry_delay_seconds >= 1
    backlog.unread = 0
    await intake.need(person)
    await backlog.measure_outbox()
    assert backlog.unsent > 0


async def test_a_line_that_is_too_long_is_not_joined(intake: OpenIntake) -> None:
    line = NeedsWriter(intake.database, max_waiting=1)  # nobody writes what is in it
    need = need_of(await intake.person())
    ids = RecordedNeed(NeedId(random_id()), ReferralId(random_id()))
    row = NeedRow(ids, need, AgencyId(KEM), PrincipalId(intake.desk.principal_id), None)

    async def record() -> RecordedNeed:
        return await line.record(
            row,
            caller=intake.desk,
            request_id=uuid4(),
            method=METHOD,
            request_bytes=b"",
            deadline_seconds=0.05,
        )

    answers = await asyncio.gather(record(), record(), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable, Exhausted]


async def test_a_person_who_is_being_changed_delays_only_their_own_needs(intake: OpenIntake) -> None:
    busy, free = await intake.person(), await intake.person()
    async with intake.database.transaction(intake.desk) as tx:
        await intake.parts.people.lock(tx, busy)
        answers = await asyncio.gather(
            intake.need(busy), *(intake.need(free) for _ in range(3)), return_exceptions=True
        )
    assert isinstance(answers[0], Unavailable)
    assert all(isinstance(answer, RecordedNeed) for answer in answers[1:])


async def test_a_lost_connection_loses_no_need_and_doubles_none(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    database = fresh_database(schemas=("intake",))
    async with open_intake(database, tmp_path) as intake:
        person = await intake.person()
        requests = {uuid4(): None for _ in range(60)}

        async def cut() -> None:
            await asyncio.to_thread(
                database.execute,
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where usename = 'intake_app' and datname = current_database()",
            )

        async def record(request_id: UUID) -> RecordedNeed:
            while True:
                try:
                    return await intake.need(person, request_id=request_id)
                except Unavailable:
                    continue  # as a client does: the same request again

        answers, _ = await asyncio.gather(asyncio.gather(*map(record, requests)), cut())
        assert await asyncio.gather(*map(record, requests)) == answers
        assert len(await intake.rows("select from need")) == len(await intake.told("NeedRecorded")) == 60
