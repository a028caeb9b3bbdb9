"""Events as an operator sees them: live from the broker, and one from its log to everybody who took it."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from kafka import KafkaProducer

from chassis.dead_letters import DeadLetter, set_aside
from chassis.events import IncomingEvent, OutgoingEvent
from chassis.inbox import accept_new_ids, announce
from chassis.publisher import LoggedEvent, Publisher
from chassis.topics import INTAKE, REFERRAL, TOPICS, key_bytes, partition_of
from kem.referral.v1.referral_events_pb2 import OfferDeclined, OfferExpired
from kernel.ids import random_id
from tests.integration.operate.conftest import Hub, fact
from tests.support.referral_facts import AGENCY, offered
from tools.stack.layout import ROOT
from tools.stack.topics import create_topics

NAME = "Layla Haddad"
"""Invented: what a message of a stranger may carry."""
_PATIENCE_SECONDS = 30


class Tail:
    """`./kem events tail` in a terminal of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), _PATIENCE_SECONDS)).decode()

    async def next(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(await self.line())
        return said

    async def says(self, words: str) -> None:
        assert self.process.stderr is not None
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while words not in (line := (await self.process.stderr.readline()).decode()):
                assert line, f"it ended without saying {words!r}"


@asynccontextmanager
async def tailing(hub: Hub, *words: str) -> AsyncIterator[Tail]:
    """Listens before the test goes on, and ends by Ctrl-C."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tools", "events", "tail", *words),
        cwd=ROOT,
        env=hub.environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    tail = Tail(process)
    try:
        await tail.says("Listening")
        yield tail
    finally:
        process.send_signal(signal.SIGINT)
        _, left = await asyncio.wait_for(process.communicate(), _PATIENCE_SECONDS)
    assert (process.returncode, left) == (0, b"")


async def publish(bootstrap: str, event: OutgoingEvent, position: int = 1) -> None:
    publisher = Publisher(bootstrap, "referral", idempotence=False)
    try:
        await publisher.send([as_logged(event, position)])
    finally:
        await publisher.discard()


def as_logged(event: OutgoingEvent, position: int) -> LoggedEvent:
    """The event as referral's relay sends it."""
    return LoggedEvent(
        position=position,
        event_id=event.event_id,
        topic=event.topic,
        partition=partition_of(key_bytes(event.key)),
        key=event.key,
        aggregate_id=event.aggregate_id,
        type=event.type,
        event_time=event.event_time,
        payload=event.payload,
        traceparent=None,
        tracestate=None,
    )


async def test_an_event_is_printed_decoded_as_it_comes(hub: Hub) -> None:
    await publish(hub.broker.bootstrap, fact(offered()), 6)  # what was there before is not printed
    event = fact(offered(), partition=5)
    async with tailing(hub, "--json", "--topic", REFERRAL) as tail, tailing(hub) as for_people:
        await publish(hub.broker.bootstrap, event, 7)
        heard = await tail.next()
        line = await for_people.line()
    assert (heard["event_id"], heard["position"], heard["partition"]) == (str(event.event_id), 7, 5)
    assert (heard["type"], heard["fact"], heard["source"]) == (
        "ReferralOffered",
        "ReferralOffered",
        "referral",
    )
    assert heard["envelope"]["referral_offered"]["agency_id"] == str(AGENCY)
    assert heard["envelope"]["referral_offered"]["urgency"] == "URGENT"
    assert "ReferralOffered" in line
    assert f"agency {str(AGENCY)[:8]} · service" in line
    assert str(event.event_id) in line


async def test_another_topic_is_not_heard(hub: Hub) -> None:
    async with tailing(hub, "--json", "--topic", INTAKE) as tail:
        await publish(hub.broker.bootstrap, fact(offered()))
        _send(hub.broker.bootstrap, INTAKE, b"last")
        assert (await tail.next())["topic"] == INTAKE


async def test_nothing_that_a_stranger_wrote_is_repeated(hub: Hub) -> None:
    named = fact(OfferDeclined(offer_id=str(random_id()), agency_id=NAME, reason=NAME))
    async with tailing(hub, "--json") as tail, tailing(hub) as for_people:
        await publish(hub.broker.bootstrap, named)
        _send(hub.broker.bootstrap, REFERRAL, NAME.encode())
        first, second = await tail.next(), await tail.next()
        lines = await for_people.line() + await for_people.line()
    assert first["envelope"]["offer_declined"]["reason"] == "(withheld)"
    assert (second["event_id"], second["envelope"], second["bytes"]) == (None, None, len(NAME))
    for word in NAME.split():
        assert word not in json.dumps([first, second]) + lines


async def test_a_broker_that_comes_back_with_less_is_heard_again(lonely_hub: Hub) -> None:
    broker = lonely_hub.broker
    for position in range(1, 6):
        await publish(broker.bootstrap, fact(offered(), partition=2), position)
    async with tailing(lonely_hub, "--json", "--topic", REFERRAL) as tail:
        await asyncio.to_thread(broker.stop)
        await asyncio.to_thread(broker.start)
        made = await asyncio.to_thread(create_topics, broker.bootstrap)
        assert set(made) == set(TOPICS), "who only listens makes no topic"
        event = fact(offered(), partition=2)
        await publish(broker.bootstrap, event, 6)
        assert (await tail.next())["event_id"] == str(event.event_id)
        await tail.says("The broker has lost what it held")


async def test_an_event_is_shown_with_everybody_who_took_it(hub: Hub) -> None:
    event, other = fact(offered(), partition=1), fact(OfferExpired(agency_id=str(AGENCY)), partition=1)
    (position, _) = await hub.log([event, other])
    await _take(hub, "notifications", "taker", event)
    await _set_aside(hub, "intake", "refuser", event, position)
    await hub.reach("intake", "sleeper", REFERRAL, 1, 0)
    said = json.loads((await hub.kem("events", "show", str(event.event_id), "--json")).stdout)
    assert (said["source"], said["position"], said["state"]) == ("referral", position, "PUBLISHED")
    assert said["headers"]["ce_id"] == str(event.event_id)
    assert said["headers"]["kem-position"] == str(position)
    assert said["envelope"]["referral_offered"]["agency_id"] == str(AGENCY)
    readers = {one["consumer"]: one for one in said["readers"]}
    assert {name: one["state"] for name, one in readers.items()} == {
        "taker": "TAKEN",
        "refuser": "SET_ASIDE",
        "sleeper": "WAITING",
    }
    assert readers["taker"]["time"] is not None
    assert readers["refuser"]["reason"] == "HANDLER_FAILED"
    assert readers["refuser"]["dead_letter"].startswith("intake/")
    shown = (await hub.kem("events", "show", str(event.event_id))).stdout
    assert "taker" in shown
    assert "kem.referral.v1 ReferralOffered, position 1 of referral: PUBLISHED" in shown


async def test_an_event_that_nobody_has_sent_yet_is_found_too(hub: Hub) -> None:
    (event,) = (fact(offered()),)
    await hub.log([event], published=False)
    said = json.loads((await hub.kem("events", "show", str(event.event_id), "--json")).stdout)
    assert said["state"] == "LOGGED"
    unknown = await hub.kem("events", "show", str(random_id()))
    assert unknown.returncode == 1
    assert "No event here has the id" in unknown.stderr


def _send(bootstrap: str, topic: str, value: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=False)
    producer.send(topic, value, partition=0)
    producer.flush()
    producer.close()


async def _take(hub: Hub, schema: str, consumer: str, event: OutgoingEvent) -> None:
    connection = await asyncpg.connect(hub.files.worker_url(schema))
    try:
        await announce(connection, consumer, [REFERRAL])
        await accept_new_ids(connection, consumer, [event.event_id])
    finally:
        await connection.close()


async def _set_aside(hub: Hub, schema: str, consumer: str, event: OutgoingEvent, position: int) -> None:
    connection = await asyncpg.connect(hub.files.worker_url(schema))
    incoming = IncomingEvent(
        event_id=event.event_id,
        topic=event.topic,
        partition=1,
        offset=0,
        position=position,
        key=key_bytes(event.key),
        type=event.type,
        event_time=event.event_time,
        traceparent=None,
        payload=event.payload,
        source="referral",
    )
    try:
        await announce(connection, consumer, [REFERRAL])
        await set_aside(connection, consumer, [DeadLetter(incoming, "HANDLER_FAILED", 5)])
    finally:
        await connection.close()
