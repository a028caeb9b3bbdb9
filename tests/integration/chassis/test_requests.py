"""A request that is sent again has one effect and the first answer."""

import asyncio
import hashlib

import pytest

from chassis.caller import Caller
from chassis.postgres import Database
from chassis.requests import once
from kernel.errors import Conflict, RuleBroken
from kernel.ids import random_id
from tests.integration.chassis.conftest import SCHEMA, MakeEvent
from tests.integration.chassis.transacting import member_of, waiting
from tests.support.postgres import FreshDatabase


async def test_the_same_request_twice_has_one_effect_and_the_first_answer(
    database: Database, make_event: MakeEvent
) -> None:
    caller, request_id = member_of(random_id()), random_id()
    acts = []

    async def ask() -> bytes:
        async with database.transaction(caller) as tx:

            async def act() -> bytes:
                acts.append(1)
                tx.publish(make_event())
                return f"answer {len(acts)}".encode()

            return await once(tx, request_id, "/x/Y", b"request", act)

    answers = await asyncio.gather(*(ask() for _ in range(6)))
    assert set(answers) == {b"answer 1"}
    assert len(acts) == 1
    assert len(await waiting(database)) == 1


async def test_a_request_id_used_for_something_else_is_refused(database: Database) -> None:
    caller, request_id = member_of(random_id()), random_id()

    async def ask(method: str, request: bytes, by: Caller = caller) -> bytes:
        async def act() -> bytes:
            return b"done"

        async with database.transaction(by) as tx:
            return await once(tx, request_id, method, request, act)

    await ask("/x/Y", b"request")
    for method, request in (("/x/Z", b"request"), ("/x/Y", b"another")):
        with pytest.raises(Conflict) as caught:
            await ask(method, request)
        assert caught.value.stable_reason == "REQUEST_ID_REUSED"
    assert await ask("/x/Z", b"another", member_of(None)) == b"done", "ids of others are their own business"


async def test_what_was_asked_cannot_be_found_out_by_guessing_nor_is_a_restart_noticed(
    stored: FreshDatabase,
) -> None:
    caller, request_id = member_of(random_id()), random_id()

    async def act() -> bytes:
        return b"first" if not kept else b"second"

    kept: list[bytes] = []
    for _ in range(2):
        database = await Database.open(stored.worker_url(), schema=SCHEMA, request_key=b"k" * 32)
        async with database.transaction(caller) as tx:
            assert await once(tx, request_id, "/x/Y", b"HIV positive", act) == b"first"
        async with database.transaction(caller) as tx:
            kept = [row["hash"] for row in await tx.connection.fetch("select hash from request")]
        await database.close()
    assert len(kept) == 1
    assert kept != [hashlib.sha256(b"HIV positive").digest()]


async def test_a_refused_request_may_be_sent_again(database: Database) -> None:
    caller, request_id = member_of(random_id()), random_id()
    refusals = iter([True])

    async def act() -> bytes:
        if next(refusals, False):
            raise RuleBroken("not now")
        return b"done"

    async def ask() -> bytes:
        async with database.transaction(caller) as tx:
            return await once(tx, request_id, "/x/Y", b"request", act)

    with pytest.raises(RuleBroken):
        await ask()
    assert await ask() == b"done"
