"""A day at the hub: one desk, some agencies, people who come, until everything has come to rest."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from kem.directory.v1 import directory_pb2, directory_service_pb2
from kernel import codes
from tools.demo.agency import CityAnswers, SimulatedAgency, Temperament
from tools.demo.calls import Calls
from tools.demo.desk import Desk
from tools.demo.ledger import Ledger
from tools.demo.people import City
from tools.hub import Hub, Person
from tools.notices.publishing import publish_sample

KEM_CODE = "KEM"
_PAGE = 200


@dataclass(frozen=True, slots=True)
class DayPlan:
    """How large a day is played."""

    needs: int
    agencies: int
    seed: int
    rate: float | None
    median_answer_seconds: float
    workers: int = 12


@dataclass(frozen=True, slots=True)
class Directory:
    """What the hub's directory holds, as an operator sees it."""

    agencies: list[directory_pb2.Agency]
    services: list[directory_pb2.ListedService]
    activities: int

    def kem(self) -> UUID:
        return UUID(next(agency.agency_id for agency in self.agencies if agency.code == KEM_CODE))

    def most_useful(self, number: int) -> dict[str, set[str]]:
        """The agencies that together offer most, with the purposes of their services."""
        purposes: dict[str, set[str]] = {}
        for service in self._reached_by_the_hub():
            purposes.setdefault(service.agency_id, set()).add(codes.purpose_of(service.service_type).code)
        chosen: dict[str, set[str]] = {}
        covered: set[str] = set()
        while purposes and len(chosen) < number:
            # the agency that adds most, then the one with most; ids settle ties a seed means the same day
            best = max(sorted(purposes), key=lambda a: (len(purposes[a] - covered), len(purposes[a])))
            chosen[best] = purposes.pop(best)
            covered |= chosen[best]
        return chosen

    def offered_by(self, agencies: set[str]) -> dict[str, list[directory_pb2.Eligibility]]:
        """The unrestricted service types that these agencies offer through the hub, and to whom."""
        offered: dict[str, list[directory_pb2.Eligibility]] = {}
        for service in self._reached_by_the_hub():
            if service.agency_id in agencies:
                offered.setdefault(service.service_type, []).append(service.eligibility)
        return offered

    def _reached_by_the_hub(self) -> list[directory_pb2.Service]:
        return [
            listed.service
            for listed in self.services
            if listed.service.channel == directory_pb2.CHANNEL_HUB
            and not codes.service_type(listed.service.service_type).restricted
        ]


async def read_directory(hub: Hub, calls: Calls) -> Directory:
    """The whole directory, page by page."""
    operator = hub.person(uuid4(), None, "operator", "dpo")
    directory = hub.directory
    agencies = [
        agency
        async for page in _pages(
            calls, directory.ListAgencies, directory_service_pb2.ListAgenciesRequest, operator
        )
        for agency in page.agencies
    ]
    # what is listed for partners or for named staff only is shown to named staff of an agency
    kem = next(agency.agency_id for agency in agencies if agency.code == KEM_CODE)
    keeper = hub.person(uuid4(), UUID(kem), "operator", "child_protection_officer", "gbv_focal_point")
    services = [
        service
        async for page in _pages(
            calls, directory.ListServices, directory_service_pb2.ListServicesRequest, keeper
        )
        for service in page.services
    ]
    activities = await calls(
        hub.directory.ListActivities, directory_service_pb2.ListActivitiesRequest(page_size=1), keeper
    )
    return Directory(agencies, services, activities.total_size)


async def _pages(calls: Calls, method: Any, request_type: Any, person: Person) -> AsyncIterator[Any]:
    token = ""
    while True:
        page = await calls(method, request_type(page_size=_PAGE, page_token=token), person)
        yield page
        token = page.next_page_token
        if not token:
            return


class Day:
    """Plays a plan on a hub. `play` returns when everybody has recorded what there was to record and the
    clients have nothing left to say; whether the hub has come to rest is asked of its databases."""

    def __init__(self, hub: Hub, plan: DayPlan) -> None:
        self.ledger = Ledger()
        self._hub = hub
        self._plan = plan
        self._calls = Calls(self.ledger, plan.seed)
        self._agencies: list[SimulatedAgency] = []
        self._desk: Desk | None = None
        self.directory: Directory | None = None

    @property
    def is_idle(self) -> bool:
        """No client is in the middle of anything."""
        return all(agency.is_idle for agency in self._agencies) and (self._desk is None or self._desk.is_idle)

    def is_done(self, last_sequences: Mapping[str, int]) -> bool:
        """Nobody is in the middle of anything, and every agency has heard all that lies in its inbox."""
        return self.is_idle and not self.ledger.not_arrived(last_sequences)

    @contextlib.asynccontextmanager
    async def played(self, recorded: Callable[[int], None]) -> AsyncIterator[Ledger]:
        """The day, recorded; inside the block agencies and desk go on answering."""
        plan = self._plan
        self.directory = directory = await read_directory(self._hub, self._calls)
        partners = directory.most_useful(plan.agencies)
        city = City(plan.seed, directory.offered_by(set(partners)), datetime.now(UTC).date())
        answers = CityAnswers()
        for agency in directory.agencies:
            if agency.agency_id in partners:
                staff = self._hub.person(
                    uuid4(), UUID(agency.agency_id), "agency_member", acting_person="sample-1"
                )
                temperament = Temperament.of(plan.seed, agency.code, plan.median_answer_seconds)
                self._agencies.append(
                    SimulatedAgency(
                        self._hub, self._calls, self.ledger, agency, staff, temperament, answers, plan.seed
                    )
                )
        self._desk = Desk(
            self._hub, self._calls, self.ledger, city, directory.kem(), partners, plan.seed, recorded
        )
        officer = self._hub.person(uuid4(), None, "dpo")
        await publish_sample(lambda method, request: self._calls(method, request, officer), self._hub.policy)
        everybody: list[Desk | SimulatedAgency] = [self._desk, *self._agencies]
        await asyncio.gather(*(somebody.begin_after_what_is_there() for somebody in everybody))
        listening = [
            asyncio.create_task(self._desk.run()),
            *(asyncio.create_task(a.run()) for a in self._agencies),
        ]
        try:
            await self._desk.record(plan.needs, plan.rate, plan.workers)
            yield self.ledger
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
