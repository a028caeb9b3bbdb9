"""Events set aside: seen without anything about a person, taken again once, or discarded on record."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from chassis.batch import BatchRunner
from chassis.events import OutgoingEvent
from chassis.incoming import Message
from chassis.postgres import Database
from chassis.publisher import headers_of
from chassis.topics import ACCESS, REFERRAL, key_bytes
from kem.access.v1.access_events_pb2 import AccessEvent
from tests.integration.chassis.collecting import CollectingReader, effects, make_effect_table
from tests.integration.chassis.waiting import running
from tests.integration.operate.conftest import Hub, fact
from tests.integration.operate.test_events import as_logged
from tests.support.referral_facts import AGENCY, offered

NAME = "Layla Haddad"
"""Invented: what a message of a stranger may carry."""


@dataclass
class Troubled:
    """A hub with one consumer that sets aside whatever it calls poison."""

    hub: Hub
    database: Database
    reader: CollectingReader
    batches: BatchRunner

    async def set_aside(self, event: OutgoingEvent) -> str:
        """Lets the consumer see the event and refuse it; answers the letter's name."""
        self.reader.poison.add(event.event_id)
        await self.batches.take([in_kafka(event)])
        return (await self.listed())[-1]["name"]  # type: ignore[no-any-return]  # JSON

    async def listed(self, *words: str) -> list[dict[str, Any]]:
        done = await self.hub.kem("dead-letters", "list", "--json", *words)
        found: list[dict[str, Any]] = json.loads(done.stdout)["dead_letters"]
        return found

    async def settled(self, *words: str, apart: bool = False) -> tuple[int, list[str]]:
        """Exit code, and what became of each letter; `apart` while a worker logs to this process's stdout."""
        kem = self.hub.kem_apart if apart else self.hub.kem
        done = await kem("dead-letters", *words, "--json")
        return done.returncode, [one["outcome"] for one in json.loads(done.stdout)["dead_letters"]]

    async def records(self) -> list[AccessEvent]:
        async with self.database.pool.acquire() as connection:
            rows = await connection.fetch("select payload from outbox where topic = $1 order by id", ACCESS)
        return [AccessEvent.FromString(row["payload"]) for row in rows]


def in_kafka(event: OutgoingEvent) -> Message:
    headers = headers_of(as_logged(event, 1), "referral")
    return Message(event.topic, 1, 7, key_bytes(event.key), event.payload, headers)


@pytest.fixture
async def troubled(hub: Hub) -> AsyncIterator[Troubled]:
    await make_effect_table(hub.files.execute, "referral")
    database = await Database.open(hub.files.worker_url("referral"), schema="referral")
    reader = CollectingReader()
    yield Troubled(hub, database, reader, BatchRunner("referral", "test-consumer", database, reader))
    await database.close()


async def test_letters_of_every_service_are_listed_and_one_is_shown_decoded(troubled: Troubled) -> None:
    assert "No event is set aside." in (await troubled.hub.kem("dead-letters", "list")).stdout
    event = fact(offered(), partition=1)
    name = await troubled.set_aside(event)
    (found,) = await troubled.listed()
    assert (found["name"], found["state"], found["reason"]) == (name, "OPEN", "CANNOT_BE_TAKEN")
    shown = json.loads((await troubled.hub.kem("dead-letters", "show", name, "--json")).stdout)
    assert shown["event_id"] == str(event.event_id)
    assert (shown["consumer"], shown["offset"], shown["type"]) == ("test-consumer", 7, "ReferralOffered")
    assert shown["envelope"]["referral_offered"]["agency_id"] == str(AGENCY)
    said = (await troubled.hub.kem("dead-letters", "show", name)).stdout
    assert "It says: ReferralOffered · offer" in said
    assert name in (await troubled.hub.kem("dead-letters", "list")).stdout


async def test_bytes_of_a_stranger_are_counted_and_never_shown(troubled: Troubled) -> None:
    headers = [("ce_type", NAME.encode())]
    await troubled.batches.take([Message(REFERRAL, 0, 1, NAME.encode(), NAME.encode(), headers)])
    (found,) = await troubled.listed()
    assert (found["reason"], found["bytes"], found["envelope"]) == ("MALFORMED", len(NAME), None)
    words = [
        await troubled.hub.kem("dead-letters", *arguments)
        for arguments in (["list"], ["show", found["name"]], ["show", found["name"], "--json"])
    ]
    for part in NAME.split():
        assert part not in "".join(done.stdout + done.stderr for done in words)
    assert await troubled.settled("redrive", found["name"]) == (1, ["REFUSED"])
    assert await troubled.settled("redrive", "--all") == (0, [])
    assert await troubled.settled("discard", found["name"], "--reason", "not ours") == (0, ["DISCARDED"])


async def test_a_redriven_event_has_its_effect_once_however_often_it_is_asked_for(troubled: Troubled) -> None:
    event = fact(offered())
    name = await troubled.set_aside(event)
    troubled.reader.poison = set()
    async with running(troubled.batches.redrive_as_asked()):
        assert await troubled.settled("redrive", name, name, apart=True) == (0, ["REDRIVEN"])
    assert await troubled.settled("redrive", name) == (0, ["REDRIVEN"])
    await troubled.batches.take([in_kafka(event)])  # a replay
    assert await effects(troubled.database) == [event.event_id]
    assert await troubled.listed() == []
    (kept,) = await troubled.listed("--all")
    assert (kept["state"], kept["settled_time"] is not None) == ("REDRIVEN", True)
    assert await troubled.settled("discard", name, "--reason", "too late") == (1, ["REFUSED"])


async def test_an_event_that_still_fails_stays_set_aside(troubled: Troubled) -> None:
    name = await troubled.set_aside(fact(offered()))
    async with running(troubled.batches.redrive_as_asked()):
        assert await troubled.settled("redrive", "--all", apart=True) == (1, ["STILL_FAILS"])
    (found,) = await troubled.listed()
    assert (found["name"], found["state"]) == (name, "OPEN")
    assert found["redrive_failed_time"] is not None


async def test_without_a_worker_the_wish_waits_for_one(troubled: Troubled) -> None:
    event = fact(offered())
    name = await troubled.set_aside(event)
    troubled.reader.poison = set()
    assert await troubled.settled("redrive", name, "--patience", "0") == (1, ["WAITING"])
    assert (await troubled.listed())[0]["state"] == "ASKED"
    assert await troubled.batches.redrive() == 1, "the worker that starts next"
    assert await effects(troubled.database) == [event.event_id]


async def test_a_discard_needs_a_reason_and_is_on_record_once(troubled: Troubled) -> None:
    event = fact(offered())
    name = await troubled.set_aside(event)
    for words in (["discard", name], ["discard", name, "--reason", " x "]):
        refused = await troubled.hub.kem("dead-letters", *words)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "reason" in refused.stderr
    assert await troubled.settled("discard", name, "--reason", "sent by  a test") == (0, ["DISCARDED"])
    assert await troubled.settled("discard", name, "--reason", "another reason") == (0, ["DISCARDED"])
    (kept,) = await troubled.listed("--all")
    assert (kept["state"], kept["discard_reason"]) == ("DISCARDED", "sent by a test")
    (record,) = await troubled.records()
    assert record.access_recorded.method == "kem dead-letters discard"
    assert list(map(UUID, record.access_recorded.subject_ids)) == [event.event_id]
    assert record.access_recorded.stated_reason == ""
    assert await troubled.settled("redrive", name) == (1, ["REFUSED"])
    assert await troubled.batches.redrive() == 0
    assert await effects(troubled.database) == []


@pytest.mark.parametrize("name", ["referral/999999", "nobody/1"])
async def test_a_letter_that_is_not_there_is_a_sentence(troubled: Troubled, name: str) -> None:
    shown = await troubled.hub.kem("dead-letters", "show", name)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert f"There is no dead letter {name}" in shown.stderr
    settled = await troubled.hub.kem("dead-letters", "discard", name, "--reason", "no reason")
    assert settled.returncode == 1
    assert "There is no s" in settled.stdout + settled.stderr
    wrong = await troubled.hub.kem("dead-letters", "show", "12")
    assert (wrong.returncode, "referral/12" in wrong.stderr) == (2, True)
