"""A directory in a real database, written through the use cases that everybody's writes go through."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from chassis.caller import Caller
from chassis.postgres import Database
from kernel.codes import Role
from kernel.ids import AgencyId, derived_id
from services.referral.adapters.directory_stores import DirectoryStores
from services.referral.adapters.event_codec import encode
from services.referral.adapters.postgres_agreements import save_agreement
from services.referral.domain.directory import Activity, Service
from services.referral.use_cases.save_activities import save_activities
from services.referral.use_cases.save_agencies import save_agencies
from services.referral.use_cases.save_services import save_services
from tests.support.directory import agency, agency_id
from tests.support.postgres import FreshDatabase

WORKER = Caller.of_service("referral")


def caller(*roles: Role, agency: UUID | None = None) -> Caller:
    """Somebody with these roles; the same roles and agency are the same person."""
    return Caller(
        principal_id=derived_id("test", *sorted(roles), str(agency)),
        agency_id=agency,
        roles=frozenset(roles),
        acting_person="",
        acr="pwd",
        issuer="test",
    )


OPERATOR = caller(Role.OPERATOR, agency=UUID(int=0xA0000))


@dataclass(frozen=True, slots=True)
class SavedDirectory:
    """Both logins of one database, and the stores."""

    app: Database
    worker: Database
    stores: DirectoryStores = field(default_factory=DirectoryStores)

    async def save_agencies(self, *numbers: int) -> None:
        async with self.app.transaction(OPERATOR) as tx:
            await save_agencies([agency(number) for number in numbers], tx, self.stores)
        async with self.worker.transaction(WORKER) as tx:
            now = await tx.now()
            for number in numbers:
                await save_agreement(
                    tx, agency_id(number), now - timedelta(days=9), now + timedelta(days=99), 1
                )

    async def save(self, *services: Service, by: Caller = OPERATOR) -> int:
        async with self.app.transaction(by) as tx:
            return await save_services(services, tx, self.stores)

    async def save_activities(self, activities: Sequence[Activity], by: Caller = OPERATOR) -> int:
        async with self.app.transaction(by) as tx:
            return await save_activities(activities, tx, self.stores)


@asynccontextmanager
async def open_directory(fresh: FreshDatabase, *, max_size: int = 4) -> AsyncIterator[SavedDirectory]:
    """Agencies 1 to 3 are there, with agreements."""
    app = await Database.open(fresh.app_url(), schema="referral", codec=encode, max_size=max_size)
    worker = await Database.open(fresh.worker_url(), schema="referral", codec=encode, max_size=max_size)
    try:
        saved = SavedDirectory(app, worker)
        await saved.save_agencies(1, 2, 3)
        yield saved
    finally:
        await app.close()
        await worker.close()


def member_of(number: int) -> Caller:
    return caller(Role.AGENCY_MEMBER, agency=agency_id(number))


def admin_of(number: int) -> Caller:
    return caller(Role.AGENCY_ADMIN, agency=agency_id(number))


def some_agency() -> AgencyId:
    return AgencyId(uuid4())
