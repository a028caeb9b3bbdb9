"""Where a bench takes place: a fresh stack on real clocks, with its directory, people and open streams."""

import asyncio
import contextlib
import dataclasses
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from kem.common.v1 import common_pb2
from kem.disclosure.v1 import disclosure_service_pb2
from kem.intake.v1 import beneficiary_pb2, intake_service_pb2, need_pb2
from kem.referral.v1 import referral_service_pb2
from kernel.ids import derived_id
from tools.bench.arrivals import Arrival, Arrivals, Partner
from tools.bench.asking import Asking
from tools.bench.city import BenchAgency, bench_agencies, save_agencies
from tools.bench.load import StepSeconds
from tools.bench.people import register_people
from tools.bench.processes import Member, members_of
from tools.bench.run import Run
from tools.hub import Doors, Hub, Person
from tools.stack.options import StackOptions
from tools.stack.stack import Stack

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

    @property
    def put_off(self) -> int:
        """Calls that were told to come back later."""
        return self.ask.put_off

    async def take_up(self, referral_id: str, arrival: Arrival, steps: StepSeconds) -> None:
        """What the agency's staff do with an offer, call after call, up to completion."""
        staff = self.staff[arrival.agency_id]

        async def step(name: str, method: Any, request: Any) -> None:
            steps[name].append(await seconds_of(self.ask(method, request, staff)))

        hub, messages = self.hub, referral_service_pb2
        await step("card", hub.referral.GetReferral, messages.GetReferralRequest(referral_id=referral_id))
        await step(
            "accept",
            hub.referral.AcceptOffer,
            messages.AcceptOfferRequest(request_id=str(uuid4()), offer_id=arrival.offer_id),
        )
        await step(
            "disclosure",
            hub.disclosure.GetDisclosure,
            disclosure_service_pb2.GetDisclosureRequest(request_id=str(uuid4()), referral_id=referral_id),
        )
        await step(
            "start",
            hub.referral.StartService,
            messages.StartServiceRequest(request_id=str(uuid4()), referral_id=referral_id),
        )
        await step(
            "complete",
            hub.referral.CompleteReferral,
            messages.CompleteReferralRequest(
                request_id=str(uuid4()), referral_id=referral_id, outcome="NEED_MET", confirmed_by="PROVIDER"
            ),
        )

    def members(self) -> list[Member]:
        """Every process of the stack, and this one."""
        return members_of(self.stack)

    async def until_acknowledged(self) -> None:
        """Waits until every partner has said that it has what arrived."""
        while not all(partner.is_idle for partner in self.partners):  # noqa: ASYNC110 (it sets no event)
            await asyncio.sleep(0.05)


async def seconds_of(call: Awaitable[Any]) -> float:
    """How long the call took."""
    began = time.monotonic()
    await call
    return time.monotonic() - began


@contextlib.asynccontextmanager
async def fresh_stack(run: Run, options: StackOptions | None = None) -> AsyncIterator[Stack]:
    """All services of the product on real clocks, durable, with the sample city; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kem-bench-") as folder:
        chosen = dataclasses.replace(options or StackOptions(), servers=run.servers)
        stack = Stack(Path(folder), chosen, say=run.say)
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
            async with asyncio.TaskGroup() as partners:
                listening = [partners.create_task(partner.run()) for partner in made.partners]
                yield made
                for task in listening:
                    task.cancel()
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
