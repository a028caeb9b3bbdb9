"""A desk of KEM and one agency with Greek lessons, at the real doors of intake and referral."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc

from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from kem.intake.v1 import need_pb2
from kem.referral.v1 import referral_pb2 as referral
from kem.referral.v1 import referral_service_pb2 as rpc
from kem.referral.v1.referral_service_pb2_grpc import ReferralServiceStub
from tests.component.intake.desk import Desk, desk_at
from tests.component.referral.directory_door import agency_message, service_message
from tests.support.intake import running_intake
from tests.support.postgres import FreshDatabase
from tests.support.referral import RunningReferral, running_referral
from tools.stack.ports import free_port

OFFERED = rpc.REFERRAL_VIEW_OFFERED


@dataclass(frozen=True, slots=True)
class City:
    """A desk of KEM and one agency with Greek lessons for everybody. Stubs have no types."""

    database: FreshDatabase
    desk: Desk
    sender: Any
    agency: Any
    stranger: Any
    directory: Any
    officer: Any
    running: RunningReferral
    service_id: str
    bootstrap: str
    """Where its broker answers."""

    async def consented_person(self, **changes: Any) -> str:
        person = await self.desk.person(**changes)
        await self.desk.consent(person)
        return person

    async def offered(self, need: need_pb2.RecordedNeed) -> Any:
        """The offer as the agency sees it, as soon as it is there."""

        async def look() -> referral.Offer | None:
            page = await self.agency.ListReferrals(rpc.ListReferralsRequest(view=OFFERED))
            return next(
                (one.offers[0] for one in page.referrals if one.referral_id == need.referral_id), None
            )

        return await until(look)

    async def taken_back(self, need: need_pb2.RecordedNeed) -> None:
        """Returns when the agency no longer sees an open offer."""

        async def look() -> bool | None:
            page = await self.agency.ListReferrals(rpc.ListReferralsRequest(view=OFFERED))
            return None if need.referral_id in [one.referral_id for one in page.referrals] else True

        await until(look)

    async def state(self, need: need_pb2.RecordedNeed, wanted: int) -> Any:
        """The referral as the sender sees it, as soon as it is in this state."""

        async def look() -> referral.Referral | None:
            try:
                seen = await self.sender.GetReferral(rpc.GetReferralRequest(referral_id=need.referral_id))
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return None
                raise
            return seen.referral if seen.referral.state == wanted else None

        return await until(look)


async def until(look: Callable[[], Awaitable[Any]], patience_seconds: float = 20) -> Any:
    """What is looked for, as soon as it is there."""
    async with asyncio.timeout(patience_seconds):
        while True:
            found = await look()
            if found is not None:
                return found
            await asyncio.sleep(0.02)


@asynccontextmanager
async def open_city(database: FreshDatabase, folder: Path, bootstrap: str) -> AsyncIterator[City]:
    """Both services with all their roles, and the directory kept."""
    roles, address = "grpc,relay,stream,timers", f"127.0.0.1:{free_port()}"
    async with (
        running_intake(
            database, folder, roles=roles, bootstrap=bootstrap, referral_address=address
        ) as intake,
        running_referral(database, folder, intake, bootstrap, address) as running,
        desk_at(intake) as desk,
        _at_the_doors(database, running, desk, bootstrap) as city,
    ):
        yield city


@asynccontextmanager
async def _at_the_doors(
    database: FreshDatabase, running: RunningReferral, desk: Desk, bootstrap: str
) -> AsyncIterator[City]:
    lessons = service_message(
        1,
        agency_id=str(desk.agency_id),
        eligibility=directory_pb2.Eligibility(),
        areas=[],
        capacity=directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_UNLIMITED),
    )
    async with AsyncExitStack() as stack:

        async def stub(kind: Any, *roles: str, **who: Any) -> Any:
            return kind(await stack.enter_async_context(running.channel_of(*roles, **who)))

        keeper = await stub(DirectoryServiceStub, "operator")
        officer = await stub(DirectoryServiceStub, "dpo")
        city = City(
            database=database,
            desk=desk,
            sender=await stub(ReferralServiceStub, "caseworker"),
            agency=await stub(ReferralServiceStub, "agency_member", agency_id=desk.agency_id),
            stranger=await stub(ReferralServiceStub, "agency_member", agency_id=uuid4()),
            directory=keeper,
            officer=officer,
            running=running,
            service_id=lessons.service_id,
            bootstrap=bootstrap,
        )
        agency = agency_message(1, agency_id=str(desk.agency_id))
        await keeper.SaveAgencies(directory.SaveAgenciesRequest(request_id=str(uuid4()), agencies=[agency]))
        await keeper.SaveServices(directory.SaveServicesRequest(request_id=str(uuid4()), services=[lessons]))
        await desk.agree()
        yield city
