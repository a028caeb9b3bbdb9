"""One scene for each consumer of the product: what its clients tell, and what must have come of it.

A scene feeds the real service, which runs as a process of its own, through a real outbox, relay and broker;
and holds what the clients were told is kept against the tables that the service writes.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
from google.protobuf.message import Message

from chassis.caller import Caller
from chassis.postgres import Database
from kem.referral.v1 import referral_events_pb2 as facts
from kernel.codes import CapacityKind
from kernel.ids import BeneficiaryId
from services.audit.entrypoints import reader as ledger
from services.intake.domain.need import RecordedNeed
from services.intake.entrypoints import projection
from services.notifications.entrypoints import stream as deliveries
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.entrypoints import stream as referrals
from tests.fault.hub import Hub, Source
from tests.support.consented_people import OpenIntake, agreement_with, grant, open_intake
from tests.support.directory import agency_id, service
from tests.support.intake import running_intake
from tests.support.referral_facts import AGENCY, offered, outgoing
from tests.support.referral_voice import accepted
from tests.support.saved_directory import open_directory

REFERRALS: Final = 12
PEOPLE: Final = 8
AGENCIES: Final = (1, 2, 3)
PLACES: Final = 1000


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the client's own list."""

    event_id: UUID
    referral_id: UUID
    version: int
    fact: Message


class Scene:
    """What all have in common.

    Args:
        service: whose process breaks.
        source: the relay that brings the events, in the test's own process.
    """

    service: str
    consumer: str

    def __init__(self, hub: Hub, source: Source, read: asyncpg.Connection) -> None:
        self.hub = hub
        self.source = source
        self._read = read

    async def tell(self) -> None:
        """Tells one more round; returns when it is acknowledged."""
        raise NotImplementedError

    @property
    def told(self) -> int:
        """How many effects the acknowledged rounds must have."""
        raise NotImplementedError

    async def acted(self) -> int:
        """How many of them are there."""
        raise NotImplementedError

    async def has_acted(self) -> bool:
        """Whether everything that was told has had its effect."""
        return await self.acted() >= self.told

    async def complaints(self) -> list[str]:
        """What is lost, doubled, out of order or set aside, in words; empty when all is well."""
        letters = await self._read.fetch(
            f"select event_id, reason from {self.service}.dead_letter where redriven_time is null"
        )
        return [f"set aside: {row['event_id']} {row['reason']}" for row in letters]


class ReferralsToldOf(Scene):
    """Clients who tell, for each of some referrals, one fact after the other."""

    def __init__(self, hub: Hub, source: Source, read: asyncpg.Connection, voice: Database) -> None:
        super().__init__(hub, source, read)
        self._voice = voice
        self._referrals: list[UUID] = [uuid4() for _ in range(REFERRALS)]
        self._rounds = 0
        self._list: list[Told] = []

    def fact(self, version: int) -> Message:
        """The fact that is told of each referral in this round."""
        raise NotImplementedError

    async def tell(self) -> None:
        self._rounds += 1
        new = []
        async with self._voice.transaction(Caller.of_service("referral")) as tx:
            for referral_id in self._referrals:
                fact = self.fact(self._rounds)
                event = outgoing(
                    fact, referral_id=referral_id, event_time=datetime.now(UTC), version=self._rounds
                )
                tx.publish(event)
                new.append(Told(event.event_id, referral_id, self._rounds, fact))
        self._list += new

    @property
    def told(self) -> int:
        return len(self._list)


class Deliveries(ReferralsToldOf):
    """Notifications: each fact is delivered once to the agency and once to the desk, in order."""

    service, consumer = "notifications", deliveries.CONSUMER

    def fact(self, version: int) -> Message:
        return offered() if version % 2 else facts.OfferDeclined(offer_id=str(uuid4()), agency_id=str(AGENCY))

    async def acted(self) -> int:
        return int(
            await self._read.fetchval(
                "select count(distinct event_id) from notifications.delivery where event_id = any($1)",
                [one.event_id for one in self._list],
            )
        )

    async def complaints(self) -> list[str]:
        rows = await self._read.fetch(
            "select recipient_id, sequence, event_id from notifications.delivery order by 1, 2"
        )
        found = await super().complaints()
        delivered = Counter(row["event_id"] for row in rows)
        found += [f"lost: {one}" for one in self._list if delivered[one.event_id] < 2]
        places = Counter((row["recipient_id"], row["event_id"]) for row in rows)
        found += [f"doubled: {place}" for place, count in places.items() if count > 1]
        known = {one.event_id: one for one in self._list}
        newest: dict[tuple[UUID, UUID], int] = {}
        sequences: Counter[UUID] = Counter()
        for row in rows:
            told = known[row["event_id"]]
            place = (row["recipient_id"], told.referral_id)
            if told.version < newest.get(place, 0):
                found.append(f"out of order: {told}")
            newest[place] = told.version
            sequences[row["recipient_id"]] += 1
            if row["sequence"] != sequences[row["recipient_id"]]:
                found.append(f"sequence {row['sequence']} is not the {sequences[row['recipient_id']]}th")
        return found


class Ledger(Deliveries):
    """Audit: each event is entered once, in the order in which its source told it."""

    service, consumer = "audit", ledger.CONSUMER

    async def acted(self) -> int:
        return int(
            await self._read.fetchval(
                "select count(distinct event_id) from audit.entry where event_id = any($1)",
                [one.event_id for one in self._list],
            )
        )

    async def complaints(self) -> list[str]:
        found = await Scene.complaints(self)
        rows = await self._read.fetch("select index, position, event_id from audit.entry order by index")
        log = await self._read.fetch("select position, event_id from referral.event_log order by position")
        entered = [(row["position"], row["event_id"]) for row in rows]
        told = [(row["position"], row["event_id"]) for row in log]
        if entered != told[: len(entered)] or [row["index"] for row in rows] != list(range(len(rows))):
            found.append(f"the ledger is not as it was told: {len(entered)} entries of {len(told)} events")
        waiting = await self._read.fetchval("select count(*) from audit.early_event")
        if waiting:
            found.append(f"{waiting} events wait for their turn")
        return found


class HeldReferrals(ReferralsToldOf):
    """Intake's projection: who holds which referral is what the last fact said."""

    service, consumer = "intake", projection.CONSUMER

    def hold(self, needs: Sequence[RecordedNeed]) -> None:
        """The referrals of needs that intake knows."""
        self._referrals = [need.referral_id for need in needs]

    def fact(self, version: int) -> Message:
        if version % 2:
            return accepted(AGENCY, purpose="SERVICE_EDUCATION", needed_mask=1)
        return facts.ReferralReturned(offer_id=str(uuid4()), agency_id=str(AGENCY), reason="CAPACITY_LOST")

    async def _versions(self) -> dict[UUID, Any]:
        rows = await self._read.fetch("select * from intake.held_referral")
        return {row["referral_id"]: row for row in rows}

    async def acted(self) -> int:
        held = await self._versions()
        return sum(
            one.referral_id in held and held[one.referral_id]["referral_version"] >= one.version
            for one in self._list
        )

    async def complaints(self) -> list[str]:
        found, held = await super().complaints(), await self._versions()
        last = {one.referral_id: one for one in self._list}
        for referral_id, told in last.items():
            row = held.get(referral_id)
            is_held = row is not None and row["closed_time"] is None and row["agency_id"] == AGENCY
            if row is None or row["referral_version"] != told.version or is_held != bool(told.version % 2):
                found.append(f"not as last told: {told} but {row}")
        return found


class Referrals(Scene):
    """Referral: each need becomes one referral with one offer; a need that is withdrawn later ends it."""

    service, consumer = "referral", referrals.CONSUMER

    def __init__(self, hub: Hub, source: Source, read: asyncpg.Connection, intake: OpenIntake) -> None:
        super().__init__(hub, source, read)
        self._intake = intake
        self._people: list[BeneficiaryId] = []
        self._needs: list[RecordedNeed] = []
        self._withdrawn: list[RecordedNeed] = []

    async def begin(self) -> None:
        """People who have agreed to everything with every agency."""
        await self._intake.agree(*[agreement_with(agency_id(number)) for number in AGENCIES])
        for _ in range(PEOPLE):
            person = await self._intake.person()
            await self._intake.consent(person, *[grant(agency_id(number)) for number in AGENCIES])
            self._people.append(person)

    async def tell(self) -> None:
        # what is withdrawn was recorded in the round before, so that both events are of one key, in order
        for need in [one for one in self._needs if one not in self._withdrawn][: PEOPLE // 2]:
            await self._intake.withdraw_need(need)
            self._withdrawn.append(need)
        for person in self._people:
            self._needs.append(await self._intake.need(person))

    @property
    def told(self) -> int:
        return len(self._needs) + len(self._withdrawn)

    async def acted(self) -> int:
        return int(
            await self._read.fetchval(
                "select count(*) filter (where need_id = any($1))"
                "     + count(*) filter (where need_id = any($2) and state = 'WITHDRAWN')"
                " from referral.referral",
                [one.need_id for one in self._needs],
                [one.need_id for one in self._withdrawn],
            )
        )

    async def complaints(self) -> list[str]:
        found = await super().complaints()
        rows = await self._read.fetch("select referral_id, state, offers_made from referral.referral")
        known = {row["referral_id"]: row for row in rows}
        facts = await self._read.fetch(
            "select key, type from referral.outbox union all select key, type from referral.event_log"
        )
        told = Counter((row["key"], row["type"]) for row in facts)
        withdrawn = {one.referral_id for one in self._withdrawn}
        for need in self._needs:
            is_withdrawn, row = need.referral_id in withdrawn, known.get(need.referral_id)
            if row is None or row["state"] != ("WITHDRAWN" if is_withdrawn else "OFFERED"):
                found.append(f"{need} is {row}")
                continue
            # one that was withdrawn before it was heard of was never offered
            offers = told[need.referral_id, "ReferralOffered"]
            if offers != row["offers_made"] or offers > 1 or not (offers or is_withdrawn):
                found.append(f"{need} was told {offers} times: {row}")
            if told[need.referral_id, "ReferralWithdrawn"] != int(is_withdrawn):
                found.append(f"the withdrawal of {need} was not told once")
        taken = await self._read.fetchval("select sum(reserved) from referral.capacity")
        if taken != len(self._needs) - len(self._withdrawn):
            found.append(f"{taken} places are taken")
        return found


OpenScene = Callable[[Hub], AbstractAsyncContextManager[Scene]]
_Make = Callable[[AsyncExitStack, Hub, Source, asyncpg.Connection, Database], Awaitable[Scene]]


@asynccontextmanager
async def _opened(hub: Hub, schema: str, make: _Make) -> AsyncIterator[Scene]:
    """A scene whose events come from the outbox of `schema`."""
    async with AsyncExitStack() as stack:
        database = await Database.open(hub.database.worker_url(schema), schema=schema)
        stack.push_async_callback(database.close)
        read = await asyncpg.connect(hub.database.superuser_url)
        stack.push_async_callback(read.close)
        source = Source(hub, database, schema)
        stack.push_async_callback(source.rest)
        yield await make(stack, hub, source, read, database)


@asynccontextmanager
async def deliveries_scene(hub: Hub) -> AsyncIterator[Scene]:
    async def make(
        _: AsyncExitStack, hub: Hub, source: Source, read: asyncpg.Connection, voice: Database
    ) -> Scene:
        return Deliveries(hub, source, read, voice)

    async with _opened(hub, "referral", make) as scene:
        yield scene


@asynccontextmanager
async def ledger_scene(hub: Hub) -> AsyncIterator[Scene]:
    async def make(
        _: AsyncExitStack, hub: Hub, source: Source, read: asyncpg.Connection, voice: Database
    ) -> Scene:
        return Ledger(hub, source, read, voice)

    async with _opened(hub, "referral", make) as scene:
        yield scene


@asynccontextmanager
async def held_referrals_scene(hub: Hub) -> AsyncIterator[Scene]:
    async def make(
        stack: AsyncExitStack, hub: Hub, source: Source, read: asyncpg.Connection, voice: Database
    ) -> Scene:
        keys = hub.folder / "keys"
        keys.mkdir()
        intake = await stack.enter_async_context(open_intake(hub.database, keys))
        person = await intake.person()
        scene = HeldReferrals(hub, source, read, voice)
        scene.hold([await intake.need(person) for _ in range(REFERRALS)])
        return scene

    async with _opened(hub, "referral", make) as scene:
        yield scene


@asynccontextmanager
async def referrals_scene(hub: Hub) -> AsyncIterator[Scene]:
    async def make(
        stack: AsyncExitStack, hub: Hub, source: Source, read: asyncpg.Connection, _: Database
    ) -> Scene:
        asked = await stack.enter_async_context(running_intake(hub.database, hub.folder))
        hub.intake_address = asked.address
        intake = await stack.enter_async_context(open_intake(hub.database, hub.folder / "keys"))
        directory = await stack.enter_async_context(open_directory(hub.database))
        capacity = DeclaredCapacity(CapacityKind.PLACES, PLACES)
        await directory.save(*[service(number, number, capacity=capacity) for number in AGENCIES])
        scene = Referrals(hub, source, read, intake)
        await scene.begin()
        return scene

    async with _opened(hub, "intake", make) as scene:
        yield scene


SCENES: Final[dict[str, OpenScene]] = {
    referrals.CONSUMER: referrals_scene,
    deliveries.CONSUMER: deliveries_scene,
    projection.CONSUMER: held_referrals_scene,
    ledger.CONSUMER: ledger_scene,
}
"""By the consumer's name; a test fails when a service wires one that is missing here."""
