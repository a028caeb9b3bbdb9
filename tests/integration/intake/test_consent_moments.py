"""Consent that begins or ends by time alone is noticed once, by whichever worker comes first."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from chassis.timers import TimerLoop
from kem.common.v1.common_pb2 import Actor
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.ids import BeneficiaryId
from services.intake.adapters.event_codec import encode
from services.intake.adapters.postgres_consent_moments import PostgresConsentMoments
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.cells import GrantEffect
from services.intake.use_cases.tell_consent_moments import AT_ONCE, tell_consent_moments
from tests.integration.chassis.waiting import running, until
from tests.support.consented_people import COURSES, OpenIntake, agreement_with, grant, purposes_without

A, B = uuid4(), uuid4()
HUB = Caller.of_service("intake")
TAKE = partial(tell_consent_moments, moments=PostgresConsentMoments(), recalls=PostgresRecalls())
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def _tell(intake: OpenIntake) -> int:
    async with intake.worker.transaction(HUB) as tx:
        return await TAKE(tx)


async def _due_times(intake: OpenIntake) -> list[datetime]:
    return [row["due_time"] for row in await intake.rows("select due_time from consent_moment order by 1")]


async def _pass(intake: OpenIntake, time: timedelta) -> None:
    """So much time passes, as far as moments go."""
    await intake.rows("update consent_moment set due_time = due_time - $1::interval", time)


async def _told(intake: OpenIntake) -> Counter[str]:
    """How often each person's profile was told to have changed by the hub itself."""
    events = [IntakeEvent.FromString(row["payload"]) for row in await intake.told("ProfileChanged")]
    return Counter(
        one.profile_changed.beneficiary_id for one in events if one.actor.kind == Actor.KIND_SERVICE
    )


async def test_consent_and_denials_leave_the_moments_at_which_they_begin_and_end(intake: OpenIntake) -> None:
    person, now = await intake.person(), datetime.now(UTC)
    begins, ends, denied_until = now + HOUR, now + 2 * DAY, now + 3 * DAY
    await intake.consent(person, grant(A), grant(B), valid_from_time=begins, valid_until_time=ends)
    await intake.consent(person, grant(A, effect=GrantEffect.DENY), valid_until_time=denied_until)
    assert await _due_times(intake) == [begins, ends, denied_until]
    assert await _tell(intake) == 0


async def test_each_moment_is_told_once_with_the_next_version_of_the_profile(intake: OpenIntake) -> None:
    person, now = await intake.person(), datetime.now(UTC)
    await intake.consent(person, grant(A), valid_from_time=now + HOUR, valid_until_time=now + 3 * HOUR)
    await _pass(intake, 2 * HOUR)
    assert [await _tell(intake), await _tell(intake)] == [1, 0]
    await _pass(intake, 2 * HOUR)
    assert [await _tell(intake), await _tell(intake)] == [1, 0]
    told = await intake.told("ProfileChanged")
    assert [row["aggregate_version"] for row in told] == [2, 3, 4]
    assert await _told(intake) == {str(person): 2}
    assert await _due_times(intake) == []


async def test_a_denial_that_ends_is_told_like_a_permit_that_begins(intake: OpenIntake) -> None:
    person, now = await intake.person(), datetime.now(UTC)
    await intake.consent(person, grant(A, effect=GrantEffect.DENY), valid_until_time=now + HOUR)
    await _pass(intake, 2 * HOUR)
    await _tell(intake)
    assert await _told(intake) == {str(person): 1}


async def test_all_that_passed_while_nobody_looked_is_told_once_per_person(intake: OpenIntake) -> None:
    people, now = [await intake.person() for _ in range(3)], datetime.now(UTC)
    for person in people:
        for hours in range(1, 5):
            await intake.consent(person, grant(A), valid_until_time=now + hours * HOUR)
    await _pass(intake, DAY)
    assert await _tell(intake) == 3
    assert await _told(intake) == {str(person): 1 for person in people}
    assert await _due_times(intake) == []


async def test_of_an_erased_person_there_is_nothing_to_tell(intake: OpenIntake) -> None:
    person, now = await intake.person(), datetime.now(UTC)
    await intake.consent(person, grant(A), valid_until_time=now + HOUR)
    await intake.rows("update beneficiary set erased_time = clock_timestamp()")
    await _pass(intake, 2 * HOUR)
    assert await _tell(intake) == 0
    assert (await _told(intake), await _due_times(intake)) == ({}, [])


async def test_whoever_is_being_written_to_is_passed_over_and_comes_next(intake: OpenIntake) -> None:
    busy, free = await intake.person(), await intake.person()
    for person in (busy, free):
        await intake.consent(person, grant(A), valid_until_time=datetime.now(UTC) + HOUR)
    await _pass(intake, 2 * HOUR)
    async with intake.database.transaction(intake.desk) as tx:
        await intake.parts.people.lock(tx, busy)
        assert await _tell(intake) == 1
    assert await _told(intake) == {str(free): 1}
    assert await _tell(intake) == 1
    assert await _told(intake) == {str(free): 1, str(busy): 1}


async def test_all_who_let_an_agency_see_something_are_told_that_its_agreement_changed(
    intake: OpenIntake,
) -> None:
    concerned, other, withdrawn, excluding = [await intake.person() for _ in range(4)]
    await intake.agree(agreement_with(A), agreement_with(B))
    assert await _tell(intake) == 0
    for person, agency_id in ((concerned, A), (other, B), (withdrawn, A)):
        await intake.consent(person, grant(agency_id))
    await intake.consent(excluding, grant(A, effect=GrantEffect.DENY))
    await intake.withdraw(withdrawn)
    await intake.agree(agreement_with(A, purposes=purposes_without(COURSES)), agreement_with(B))
    assert [await _tell(intake), await _tell(intake)] == [1, 0]
    assert await _told(intake) == {str(concerned): 1}


async def _many_with_a_moment(intake: OpenIntake, count: int) -> list[BeneficiaryId]:
    """As many people, each with a moment that has come."""
    rows = await intake.rows(
        """
        with person as (
            insert into beneficiary
                (beneficiary_id, registered_by_agency_id, origin, registered_time, updated_time)
            select gen_random_uuid(), $1, 'KEM_DESK', now(), now() from generate_series(1, $2)
            returning beneficiary_id
        )
        insert into consent_moment (due_time, beneficiary_id) select now(), beneficiary_id from person
        returning beneficiary_id
        """,
        intake.desk.agency_id,
        count,
    )
    return [row["beneficiary_id"] for row in rows]


@asynccontextmanager
async def _workers(intake: OpenIntake, count: int, **loop: Any) -> AsyncIterator[list[TimerLoop]]:
    """Timers as they run in as many processes, each with a pool of its own."""
    async with AsyncExitStack() as stack:
        loops = []
        for _ in range(count):
            database = await Database.open(intake.worker.url, schema="intake", codec=encode)
            stack.push_async_callback(database.close)
            loops.append(TimerLoop(database, service="intake", **loop))
        tasks = await stack.enter_async_context(running(*(one.run() for one in loops)))
        yield loops
        for one in loops:
            one.stop()
        await asyncio.wait_for(asyncio.gather(*tasks), 10)


async def test_of_several_workers_one_tells_each_person_s_moment(intake: OpenIntake) -> None:
    people = await _many_with_a_moment(intake, 6 * AT_ONCE)
    async with _workers(intake, 4, take=TAKE):
        await until(lambda: _none_left(intake))
    assert await _told(intake) == {str(person): 1 for person in people}


async def test_what_a_killed_worker_had_in_hand_is_told_by_the_next(intake: OpenIntake) -> None:
    people = await _many_with_a_moment(intake, 30)
    killed: list[int] = []

    async def take_and_die(tx: Transaction) -> int:
        taken = await TAKE(tx)
        if taken and not killed:
            killed.append(tx.connection.get_server_pid())
            await tx.flush()
            await intake.rows("select pg_terminate_backend($1)", killed[0])
        return taken

    async with _workers(intake, 1, take=take_and_die, first_backoff_seconds=0.01):
        await until(lambda: _none_left(intake))
    assert killed
    assert await _told(intake) == {str(person): 1 for person in people}


async def _none_left(intake: OpenIntake) -> bool:
    return not await _due_times(intake)
