"""Where a bench takes place: a fresh stack on real clocks, with its directory, people and open streams."""

import asyncio
import contextlib
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import uuid4

from kem.common.v1 import common_pb2
from kem.intake.v1 import beneficiary_pb2, intake_service_pb2, need_pb2
from kernel.ids import derived_id
from tools.bench.arrivals import Arrivals, Partner
from tools.bench.asking import Asking
from tools.bench.city import BenchAgency, bench_agencies, save_agencies
from tools.bench.people import register_people
from tools.bench.run import Run
from tools.hub import Doors, Hub, Person
from tools.stack.stack import Stack, StackOptions

AGENCIES: Final = 12
PEOPLE: Final = 400


@dataclass(slots=True)
class Ground:
    """A running hub and both ends of it; `stack` gives processes and addresses."""

    stack: Stack
    hub: Hub
    ask: Asking
    desk: Person
    agencies: list[BenchAgency]
    staff: dict[str, Person]
    """One member of staff by agency id."""
    people: list[str]
    arrivals: Arrivals
    partners: list[Partner] = field(default_factory=list)
    _needs: Iterator[need_pb2.NewNeed] | None = None

    def next_need(self) -> need_pb2.NewNeed:
        """The next need to record: people and service types in turn, consented, of normal urgency."""
        if self._needs is None:
            self._needs = self._endless_needs()
        return next(self._needs)

    def _endless_needs(self) -> Iterator[need_pb2.NewNeed]:
        types = itertools.cycle(dict.fromkeys(agency.service_type for agency in self.agencies))
        for person, service_type in zip(itertools.cycle(self.people), types, strict=False):
            yield need_pb2.NewNeed(
                beneficiary_id=person,
                service_type=service_type,
                urgency=common_pb2.URGENCY_NORMAL,
                routing=need_pb2.ROUTING_CONSENTED,
                origin=beneficiary_pb2.ORIGIN_KEM_DESK,
            )

    async def record_need(self) -> str:
        """Records one need; answers its referral's id."""
        request = intake_service_pb2.RecordNeedRequest(request_id=str(uuid4()), need=self.next_need())
        answer = await self.ask(self.hub.intake.RecordNeed, request, self.desk)
        return str(answer.need.referral_id)

    async def record_needs(self, number: int) -> list[str]:
        """Records so many needs in one call; answers their referrals' ids."""
        request = intake_service_pb2.RecordNeedsRequest(
            request_id=str(uuid4()), needs=[self.next_need() for _ in range(number)]
        )
        answer = await self.ask(self.hub.intake.RecordNeeds, request, self.desk)
        return [str(need.referral_id) for need in answer.needs]

    async def until_acknowledged(self) -> None:
        """Waits until every partner has said that it has what arrived."""
        while not all(partner.is_idle for partner in self.partners):  # noqa: ASYNC110 (it sets no event)
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def fresh_stack(run: Run, options: StackOptions | None = None) -> AsyncIterator[Stack]:
    """All services of the product on real clocks, durable, with the sample city; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kem-bench-") as folder:
        stack = Stack(Path(folder), options, say=run.say)
        await stack.start()
        try:
            yield stack
        finally:
            await stack.stop()


@contextlib.asynccontextmanager
async def ground(
    run: Run, *, agencies: int = AGENCIES, people: int = PEOPLE, options: StackOptions | None = None
) -> AsyncIterator[Ground]:
    """A fresh stack with so many bench agencies, each with an open stream, and so many consented people."""
    async with fresh_stack(run, options) as stack:
        hub = Hub(Doors.of(stack.layout))
        try:
            made = await _populated(run, stack, hub, agencies, people)
            listening = [asyncio.create_task(partner.run()) for partner in made.partners]
            try:
                yield made
            finally:
                for task in listening:
                    task.cancel()
                await asyncio.gather(*listening, return_exceptions=True)
        finally:
            await hub.close()


async def _populated(run: Run, stack: Stack, hub: Hub, agencies: int, people: int) -> Ground:
    ask, arrivals = Asking(), Arrivals()
    bench = bench_agencies(agencies)
    await save_agencies(hub, ask, bench)
    sender = derived_id("bench sender")
    desk = hub.person(derived_id("staff", "bench desk"), sender, "intake_worker", "caseworker")
    ids = await register_people(hub, ask, desk, bench, people)
    run.say(f"{agencies} bench agencies and {people} invented people with their consent are in.")
    staff = {
        str(agency.agency_id): hub.person(
            derived_id("staff", "bench agency", str(agency.number)),
            agency.agency_id,
            "agency_member",
            acting_person="bench-1",
        )
        for agency in bench
    }
    partners = [Partner(hub, member, arrivals) for member in staff.values()]
    return Ground(stack, hub, ask, desk, bench, staff, ids, arrivals, partners)
