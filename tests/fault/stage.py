"""What every test of a loss stands on: clients who keep their own list, workers, and the account of both."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from chassis.caller import Caller
from chassis.postgres import Database
from chassis.topics import PARTITIONS, key_bytes, partition_of
from kernel.ids import random_id
from tests.fault.facts import WORDS_ABOUT_A_PERSON, Fact, Trouble, numbered
from tests.fault.order import SCHEMA, Order, environment
from tests.fault.processes import PATIENCE_SECONDS, Worker, start_worker
from tests.support.postgres import FreshDatabase

LOOK_EVERY_SECONDS: Final = 0.1
CLIENT: Final = Caller.of_service("test-client")
_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Account:
    """The clients' own list held against the database, for one consumer."""

    lost: list[Fact]
    doubled: list[UUID]
    out_of_order: list[UUID]
    """Keys whose facts had their effects in another order."""
    set_aside: dict[UUID, tuple[str, int]]
    """Event to reason and tries."""

    @property
    def is_clean(self) -> bool:
        """Nothing lost, nothing doubled, each key in its order."""
        return not (self.lost or self.doubled or self.out_of_order)


class Stage:
    """One topic, one scratch database, some workers."""

    def __init__(
        self,
        stored: FreshDatabase,
        database: Database,
        bootstrap: str,
        topic: str,
        folder: Path,
        *,
        idempotence: bool = False,
    ) -> None:
        self.idempotence = idempotence
        self.database = database
        self.bootstrap = bootstrap
        self.topic = topic
        self.keys = _keys_in_every_partition()
        self.kept: list[Fact] = []
        self._stored = stored
        self._folder = folder
        self._workers: list[Worker] = []

    async def tell(self, *facts: Fact) -> None:
        """Commits the facts as a client's command does; what is acknowledged goes onto the client's list."""
        async with self.database.transaction(CLIENT) as tx:
            for fact in facts:
                tx.publish(fact.outgoing(self.topic))
        self.kept.extend(facts)

    async def tell_one(self) -> list[Fact]:
        """Tells a single fact, which makes a batch of its own when it is waited for."""
        facts = numbered(self.keys[:1], 1, max((fact.number for fact in self.kept), default=0))
        await self.tell(*facts)
        return facts

    async def tell_round(self, each: int = 1, trouble_at: dict[int, Trouble] | None = None) -> list[Fact]:
        """Tells `each` facts per key, some of them with trouble (by their place in the round)."""
        after = max((fact.number for fact in self.kept), default=0)
        facts = numbered(self.keys, each, after)
        for place, trouble in (trouble_at or {}).items():
            facts[place] = Fact(facts[place].event_id, facts[place].key, facts[place].number, trouble)
        await self.tell(*facts)
        return facts

    async def start(
        self, way: str, *, fault_point: str = "", consumer: str = "consumer", reads_newer: bool = False
    ) -> Worker:
        """Starts a worker; it may take events before this returns."""
        group = self.group(consumer)
        order = Order(way, self._stored.worker_url(), self.bootstrap, self.topic, group, reads_newer)
        return await self._start_process("tests.fault.worker", order, fault_point)

    async def start_sender(self, way: str, *, fault_point: str = "", tells: int = 0) -> Worker:
        """Starts a process that sends what the clients told, or tells `tells` facts itself."""
        url = self._stored.worker_url()
        order = Order(way, url, self.bootstrap, self.topic, tells=tells, idempotence=self.idempotence)
        return await self._start_process("tests.fault.sender", order, fault_point)

    async def _start_process(self, module: str, order: Order, fault_point: str) -> Worker:
        log = self._folder / f"{order.way}-{next(_NUMBERS)}.log"
        worker = await start_worker(order.command(module), environment(fault_point), log)
        self._workers.append(worker)
        return worker

    def group(self, consumer: str) -> str:
        """The consumer's name on the broker, which other tests use too."""
        return f"{self.topic}-{consumer}"

    async def has_effect_of(self, facts: Sequence[Fact], consumer: str = "consumer") -> bool:
        """Whether each of these facts had its effect."""
        async with self.database.pool.acquire() as connection:
            found = await connection.fetchval(
                "select count(distinct event_id) from effect where consumer = $1 and event_id = any($2)",
                self.group(consumer),
                [fact.event_id for fact in facts],
            )
        return bool(found == len(facts))

    async def until_effect_of(self, facts: Sequence[Fact], consumer: str = "consumer") -> None:
        """Waits for them."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self.has_effect_of(facts, consumer):  # noqa: ASYNC110 (another process acts)
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def has_effect_or_died(self, facts: Sequence[Fact], worker: Worker) -> bool:
        """Waits for the effects of these facts; False when the worker died before."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await self.has_effect_of(facts):
                if worker.process.returncode is not None:
                    return False
                await asyncio.sleep(LOOK_EVERY_SECONDS)
        return True

    async def until_told_is_past(self, *consumers: str) -> None:
        """Tells one last fact per key and waits for these: whatever came before has then had its chance."""
        last = await self.tell_round()
        for consumer in consumers or ("consumer",):
            await self.until_effect_of(last, consumer)

    async def account(self, consumer: str = "consumer") -> Account:
        """What became of the clients' list."""
        async with self.database.pool.acquire() as connection:
            effects = await connection.fetch(
                "select event_id, key, number from effect where consumer = $1 order by id",
                self.group(consumer),
            )
            letters = await connection.fetch(
                "select event_id, reason, tries from dead_letter"
                " where consumer = $1 and redriven_time is null order by id",
                self.group(consumer),
            )
        set_aside = {row["event_id"]: (row["reason"], row["tries"]) for row in letters}
        counted = Counter(row["event_id"] for row in effects)
        return Account(
            lost=[
                fact for fact in self.kept if fact.event_id not in counted and fact.event_id not in set_aside
            ],
            doubled=[event_id for event_id, count in counted.items() if count > 1],
            out_of_order=[key for key in self.keys if not _in_order(effects, key)],
            set_aside=set_aside,
        )

    def words_about_a_person(self) -> list[str]:
        """Where an error's words were kept: dead letters, or a worker's log."""
        letters = self._stored.execute(f"select letter::text from {SCHEMA}.dead_letter as letter")
        found = ["dead letters"] if WORDS_ABOUT_A_PERSON in letters else []
        return found + [
            worker.log.name for worker in self._workers if WORDS_ABOUT_A_PERSON in worker.log.read_text()
        ]

    async def clear(self) -> None:
        """Ends whatever still runs."""
        for worker in self._workers:
            if worker.process.returncode is None:
                worker.process.kill()
            await worker.process.wait()


def _keys_in_every_partition() -> list[UUID]:
    """12 keys, so that each partition has one and some have two."""
    keys: dict[int, UUID] = {}
    while len(keys) < PARTITIONS:
        key = random_id()
        keys.setdefault(partition_of(key_bytes(key)), key)
    return [*keys.values(), *(random_id() for _ in range(12 - PARTITIONS))]


def _in_order(effects: Sequence[dict[str, int]], key: UUID) -> bool:
    numbers = list(dict.fromkeys(row["number"] for row in effects if row["key"] == key))
    return numbers == sorted(numbers)
