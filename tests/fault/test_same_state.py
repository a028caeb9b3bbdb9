"""The story: a busy day; referral tells what happens to sixty referrals, and intake and notifications follow.
The breakage: the broker loses everything, twice, while facts go on being told: once it holds what intake has
not read yet, once what notifications has not; and some facts it has never got.
What must still hold (I15): both come to the very state that the same facts bring about without a loss.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Final

import asyncpg
import pytest

from chassis.caller import Caller
from chassis.events import OutgoingEvent
from chassis.postgres import Database
from kem.referral.v1 import referral_events_pb2 as facts
from kernel.ids import derived_id
from tests.fault.followers import SCHEMAS
from tests.fault.order import ROOT, environment
from tests.integration.chassis.waiting import until
from tests.support.postgres import FreshDatabase, MakeDatabase
from tests.support.referral_facts import offered, outgoing
from tools.stack.broker import Broker
from tools.stack.replay import replay
from tools.stack.topics import create_topics

REFERRALS: Final = [derived_id("same state", str(number)) for number in range(60)]
AGENCIES: Final = [derived_id("same state", f"agency {number}") for number in range(5)]
PERSON: Final = derived_id("same state", "person")
A_MORNING: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOLD_AT_ONCE: Final = 6
EVERYBODY: Final = ("relay", "notifications", "intake")
PATIENCE_SECONDS: Final = 90.0

_STATES: Final = {
    "deliveries": """
        select recipient_id, agency_id, event_id, kind, referral_id, offer_id, service_id, urgency,
               respond_by_time, event_time from notifications.delivery order by 1, 3
    """,
    "inboxes": """
        select recipient_id, inbox, agency_id, last_sequence,
               array(select sequence from notifications.delivery d where d.recipient_id = r.recipient_id
                     order by 1) as sequences
        from notifications.recipient r order by 1
    """,
    "held referrals": "select * from intake.held_referral order by 1",
    "events": "select event_id, topic, type, key, partition from referral.event_log order by 1",
    "taken": """
        select consumer, event_id from intake.inbox union all
        select consumer, event_id from notifications.inbox order by 1, 2
    """,
    "dead letters": """
        select consumer, event_id from intake.dead_letter union all
        select consumer, event_id from notifications.dead_letter
    """,
}
"""What the day comes to. Left out is what is drawn or read from a clock when it is written."""

State = dict[str, list[tuple[Any, ...]]]


def a_day() -> list[OutgoingEvent]:
    """Each referral's life, told in turns: offered, taken up, given back and taken up by another, or done."""
    told = []
    for step in range(5):
        for number, referral_id in enumerate(REFERRALS):
            first, second = AGENCIES[number % 5], AGENCIES[(number + 1) % 5]
            offer = derived_id("same state", f"offer {number} {step // 3}")
            life = [
                offered(first, offer),
                facts.ReferralAccepted(offer_id=str(offer), agency_id=str(first), needed_mask=7),
                facts.ReferralReturned(offer_id=str(offer), agency_id=str(first), reason="CAPACITY_LOST"),
                offered(second, offer),
                facts.ReferralAccepted(offer_id=str(offer), agency_id=str(second), needed_mask=3),
            ]
            if number % 3 == 0:
                life[2:] = [facts.ReferralCompleted(agency_id=str(first), confirmed_by="BOTH")]
            if step < len(life):
                time = A_MORNING + timedelta(minutes=step, seconds=number)
                told.append(outgoing(life[step], referral_id=referral_id, event_time=time, version=step + 1))
    return told


@dataclass
class Day:
    """The day under way, on a database and a broker of its own."""

    files: FreshDatabase
    broker: Broker
    databases: dict[str, Database]
    followers: asyncio.subprocess.Process | None = None
    told: int = 0

    @property
    def urls(self) -> dict[str, str]:
        return {schema: self.files.worker_url(schema) for schema in SCHEMAS}

    async def tell(self, events: Sequence[OutgoingEvent]) -> None:
        """Commits the facts one little transaction after the other, whatever becomes of the broker."""
        self.told += len(events)
        for first in range(0, len(events), TOLD_AT_ONCE):
            async with self.databases["referral"].transaction(Caller.of_service("referral")) as tx:
                for event in events[first : first + TOLD_AT_ONCE]:
                    tx.publish(event)

    async def follow(self, *parts: str) -> None:
        """Starts the relay and the two services' own readers, or some of them."""
        await self.stop_following()
        self.followers = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.fault.followers"),
            cwd=ROOT,
            env=environment(fault_point=""),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert self.followers.stdin is not None
        order = {"urls": self.urls, "bootstrap": self.broker.bootstrap, "parts": parts or EVERYBODY}
        self.followers.stdin.write(json.dumps(order).encode() + b"\n")

    async def stop_following(self) -> None:
        """Kills them: what is not committed then was never done."""
        if self.followers is not None:
            self.followers.kill()
            await self.followers.communicate()
            self.followers = None

    async def lose_everything(self, meanwhile: Sequence[OutgoingEvent]) -> None:
        """As the supervisor does it: whoever reads or sends ends, topics are made, logs are sent again."""
        await asyncio.to_thread(self.broker.stop)
        await self.tell(meanwhile)
        await self.stop_following()
        await asyncio.to_thread(self.broker.start)
        assert await asyncio.to_thread(create_topics, self.broker.bootstrap), "it should have forgotten all"
        await replay(self.urls, self.broker.bootstrap)
        await self.follow()

    async def has_taken(self, schema: str, number: int) -> None:
        """Waits until the schema's reader has taken so many facts."""

        async def is_so() -> bool:
            return await self.taken(schema) >= number

        await until(is_so, within=PATIENCE_SECONDS)

    async def taken(self, schema: str) -> int:
        """How many facts the schema's reader has taken."""
        count: int = await self.databases[schema].pool.fetchval("select count(*) from inbox")
        return count

    async def state(self) -> State:
        connection = await asyncpg.connect(self.files.superuser_url)
        try:
            return {
                name: [tuple(row) for row in await connection.fetch(query)] for name, query in _STATES.items()
            }
        finally:
            await connection.close()


@pytest.fixture
def begin(fresh_database: MakeDatabase, fresh_broker: Callable[[], Broker]) -> Callable[[], Any]:
    """Begins a day: needs are recorded, everybody follows."""

    @asynccontextmanager
    async def day() -> AsyncIterator[Day]:
        files = fresh_database(schemas=SCHEMAS)
        await _record_needs(files)
        async with AsyncExitStack() as ending:
            databases = {}
            for schema in SCHEMAS:
                databases[schema] = await Database.open(files.worker_url(schema), schema=schema)
                ending.push_async_callback(databases[schema].close)
            under_way = Day(files, fresh_broker(), databases)
            ending.push_async_callback(under_way.stop_following)
            await under_way.follow()
            yield under_way

    return day


async def _record_needs(files: FreshDatabase) -> None:
    connection = await asyncpg.connect(files.superuser_url)
    try:
        await connection.execute(
            "insert into intake.beneficiary (beneficiary_id, registered_by_agency_id, origin,"
            " registered_time, updated_time) values ($1, $1, 'KEM_DESK', $2, $2)",
            *(PERSON, A_MORNING),
        )
        await connection.execute(
            "insert into intake.need (need_id, referral_id, beneficiary_id, sender_agency_id,"
            " recorded_by_principal_id, service_type, urgency, routing, origin, happened_time, recorded_time)"
            " select referral_id, referral_id, $1, $1, $1, 'GREEK_A1', 'NORMAL', 'CONSENTED', 'KEM_DESK',"
            " $2, $2"
            " from unnest($3::uuid[]) as referral_id",
            *(PERSON, A_MORNING, REFERRALS),
        )
    finally:
        await connection.close()


async def without_a_loss(day: Day, told: Sequence[OutgoingEvent]) -> None:
    """Nothing happens but what is told."""
    await day.tell(told)


async def with_two_losses(day: Day, told: Sequence[OutgoingEvent]) -> None:
    """Each time one of the two is ahead of the other, and a few facts come while there is no broker."""
    left = iter(told)

    def next_facts(number: int) -> list[OutgoingEvent]:
        return list(islice(left, number))

    for ahead in ("notifications", "intake"):
        await day.tell(next_facts(40))
        for schema in ("notifications", "intake"):
            await day.has_taken(schema, day.told)
        await day.follow("relay", ahead)
        await day.tell(next_facts(40))
        await day.has_taken(ahead, day.told)
        await day.lose_everything(meanwhile=next_facts(10))
    await day.tell(list(left))


async def played(
    begin: Callable[[], Any],
    told: Sequence[OutgoingEvent],
    play: Callable[[Day, Sequence[OutgoingEvent]], Awaitable[None]],
) -> State:
    """The state that the facts bring about, played in this way."""
    day: Day
    async with begin() as day:
        await play(day, told)
        for schema in ("notifications", "intake"):
            await day.has_taken(schema, len(told))
        return await day.state()


async def test_a_day_on_which_the_broker_loses_everything_ends_in_the_state_of_a_day_without(
    begin: Callable[[], Any],
) -> None:
    told = a_day()
    undisturbed = await played(begin, told, without_a_loss)
    assert len(undisturbed["deliveries"]) > len(told)
    assert len(undisturbed["held referrals"]) == len(REFERRALS)
    assert undisturbed["dead letters"] == []
    disturbed = await played(begin, told, with_two_losses)
    for name, content in undisturbed.items():
        assert disturbed[name] == content, name
