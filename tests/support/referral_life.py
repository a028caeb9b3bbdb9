"""The life of referrals on a real database: needs come as events, agencies answer, time passes as told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.caller import Caller
from chassis.current import set_current_caller
from chassis.events import IncomingEvent
from chassis.inbox import accept_new
from kem.common.v1.common_pb2 import Urgency as UrgencyMessage
from kem.intake.v1 import beneficiary_pb2, need_pb2
from kem.intake.v1.eligibility_service_pb2 import NeedProfile
from kem.intake.v1.intake_events_pb2 import (
    ConsentWithdrawn,
    ContactAttempted,
    IntakeEvent,
    NeedRecorded,
    NeedWithdrawn,
    ProfileChanged,
)
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel.codes import CapacityKind, Role
from kernel.ids import AgencyId, NeedId, ReferralId, ServiceId, UnitId
from services.referral.adapters.stores import Stores
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.entrypoints.grpc_server import ReferralServicer
from services.referral.entrypoints.stream import CONSUMER, ReferralBatches
from services.referral.entrypoints.timers import DueWork
from services.referral.use_cases.declare_capacity import declare_capacity
from tests.support.directory import agency_id, service, service_id
from tests.support.intake_double import IntakeDouble, Need, event_of
from tests.support.postgres import FreshDatabase
from tests.support.saved_directory import WORKER, SavedDirectory, caller, open_directory
from tests.support.stored_referrals import StoredReferrals
from tests.support.superuser import Superuser

KEM = AgencyId(UUID(int=0xA0000))
DESK = caller(Role.CASEWORKER, agency=KEM)
SUPERVISOR = caller(Role.SUPERVISOR, agency=KEM)


def member(number: int, person: str = "") -> Caller:
    """Somebody of an agency; another `person` is a colleague."""
    one = caller(Role.AGENCY_MEMBER, agency=agency_id(number))
    return Caller(uuid4(), one.agency_id, one.roles, person, "pwd", "test") if person else one


class Life(StoredReferrals):
    """One referral service without its processes: the same doors, called directly."""

    def __init__(self, superuser: Superuser, directory: SavedDirectory) -> None:
        super().__init__(superuser)
        self.directory = directory
        self.stores = Stores()
        self.intake = IntakeDouble()
        double: Any = self.intake
        self.servicer = ReferralServicer(directory.app, self.stores, double)
        self.batches = ReferralBatches(directory.worker, self.stores, double)
        self.due = DueWork(self.stores, directory.worker, double)

    def profile(self, need: Need, **changes: Any) -> NeedProfile:
        """An Arabic speaker of the sixth district who wants Greek lessons; agencies 1 to 3 are permitted."""
        known: dict[str, Any] = {
            "need_id": str(need.need_id),
            "referral_id": str(need.referral_id),
            "state": NeedProfile.STATE_ACTIVE,
            "service_type": "GREEK_A1",
            "urgency": UrgencyMessage.URGENCY_NORMAL,
            "district": "ATHENS_6",
            "languages": ["ara"],
            "age_band": "BAND_25_44",
            "permitted_agency_ids": [str(agency_id(number)) for number in (1, 2, 3)],
            "profile_version": 1,
        }
        return NeedProfile(**(known | changes))

    def need(self, **changes: Any) -> Need:
        """A need that intake knows of, not yet heard of here."""
        need = Need(NeedId(uuid4()), ReferralId(uuid4()), uuid4())
        self.intake.profiles[need.need_id] = self.profile(need, **changes)
        return need

    def change(self, need: Need, **changes: Any) -> None:
        """What intake says from now on."""
        known = self.intake.profiles[need.need_id]
        version = known.profile_version + 1
        self.intake.profiles[need.need_id] = self.profile(need, **({"profile_version": version} | changes))

    async def record(self, *needs: Need, **facts: Any) -> list[Need]:
        """The needs are recorded at intake, and their events arrive in one batch."""
        await self.hear(*[self.recorded(need, **facts) for need in needs])
        return list(needs)

    async def one(self, **facts: Any) -> Need:
        """A recorded need, CONSENTED unless said otherwise."""
        profile = {
            name: facts.pop(name) for name in list(facts) if name in NeedProfile.DESCRIPTOR.fields_by_name
        }
        if "urgency" in profile:
            facts["urgency"] = profile["urgency"]
        return (await self.record(self.need(**profile), **facts))[0]

    def recorded(
        self,
        need: Need,
        routing: str = "CONSENTED",
        urgency: Any = None,
        recorded_time: datetime | None = None,
        sender: UUID = KEM,
    ) -> IncomingEvent:
        fact = NeedRecorded(
            need_id=str(need.need_id),
            referral_id=str(need.referral_id),
            beneficiary_id=str(need.beneficiary_id),
            urgency=urgency or self.intake.profiles[need.need_id].urgency,
            routing=need_pb2.Routing.Value(f"ROUTING_{routing}"),
            origin=beneficiary_pb2.ORIGIN_KEM_DESK,
            sender_agency_id=str(sender),
        )
        fact.recorded_time.FromDatetime(recorded_time or datetime.now(UTC))
        return event_of(need.beneficiary_id, IntakeEvent(need_recorded=fact))

    def withdrawn(self, need: Need) -> IncomingEvent:
        fact = NeedWithdrawn(need_id=str(need.need_id), referral_id=str(need.referral_id), reason="WITHHELD")
        return event_of(need.beneficiary_id, IntakeEvent(need_withdrawn=fact))

    def profile_changed(self, need: Need) -> IncomingEvent:
        fact = ProfileChanged(beneficiary_id=str(need.beneficiary_id), profile_version=2)
        return event_of(need.beneficiary_id, IntakeEvent(profile_changed=fact))

    def consent_withdrawn(self, need: Need) -> IncomingEvent:
        fact = ConsentWithdrawn(beneficiary_id=str(need.beneficiary_id))
        return event_of(need.beneficiary_id, IntakeEvent(consent_withdrawn=fact))

    def attempted(
        self, need: Need, *, by_holder: bool = True, reached: bool = False, safe: bool = True
    ) -> IncomingEvent:
        """Somebody tried just now to reach the person."""
        fact = ContactAttempted(
            contact_attempt_id=str(uuid4()),
            beneficiary_id=str(need.beneficiary_id),
            referral_id=str(need.referral_id),
            agency_id=str(KEM),
            by_holder=by_holder,
            reached=reached,
            by_safe_channel=safe,
        )
        fact.happened_time.FromDatetime(datetime.now(UTC))
        return event_of(need.beneficiary_id, IntakeEvent(contact_attempted=fact))

    async def hear(self, *events: IncomingEvent) -> None:
        """One batch, as the stream runner takes it."""
        prepared = await self.batches.prepare(list(events))
        async with self.directory.worker.transaction(WORKER) as tx:
            new = await accept_new(tx.connection, CONSUMER, events)
            await self.batches.apply(tx, new, prepared)

    async def work_off(self) -> int:
        """Timers, until nothing is due any more, nor in a moment (what somebody held is looked at again)."""
        done, soon = (
            0,
            "select 1 from deadline where due_time < clock_timestamp() + interval '200 ms' limit 1",
        )
        for _ in range(2000):
            await self.due.prepare()
            async with self.directory.worker.transaction(WORKER) as tx:
                taken = await self.due.take(tx)
            done += taken
            if not taken and not self.rows(soon):
                return done
        raise AssertionError("the timers never come to rest")

    async def call(self, who: Caller, method: str, **fields: Any) -> Any:
        """One call as somebody; request_id is fresh unless given."""
        request_type = getattr(rpc, f"{method}Request")
        if "request_id" in request_type.DESCRIPTOR.fields_by_name:
            fields.setdefault("request_id", str(uuid4()))
        request = request_type(**{name: _text(value) for name, value in fields.items()})

        async def as_caller() -> Any:
            set_current_caller(who)
            return await getattr(self.servicer, method)(request, None)

        return await asyncio.create_task(as_caller())

    async def declare(self, *places: tuple[int, int]) -> None:
        """How many places each service has, as its agency declares it."""
        for number, count in places:
            admin = caller(Role.AGENCY_ADMIN, agency=agency_id(number))
            async with self.directory.app.transaction(admin) as tx:
                capacity = DeclaredCapacity(CapacityKind.PLACES, count)
                await declare_capacity(UnitId(service_id(number)), capacity, tx, self.directory.stores)

    async def open_day_and_night(self) -> None:
        """Every service has a telephone on duty, so that an emergency can be sent there at any hour."""
        await self.directory.save(
            *[service(number, number, duty_phone="210 0000000") for number in (1, 2, 3)]
        )

    def let_pass(self, **span: float) -> None:
        """Everything that is stored becomes so much older; clocks that ran out since are due now."""
        seconds = timedelta(**span).total_seconds()
        shift = f"- interval '{seconds} seconds'"
        for table, columns in _TIMES.items():
            sets = ", ".join(f"{column} = {column} {shift}" for column in columns)
            self.superuser.execute(f"update {table} set {sets}")

    def service_of(self, number: int) -> str:
        """The service of an agency."""
        return service_ids(number)[0]


_TIMES = {
    "referral": (
        "recorded_time",
        "person_due_time",
        "round_start_time",
        "chosen_time",
        "answered_time",
        "clock_ended_time",
    ),
    "offer": ("offered_time", "window_start_time", "respond_by_time", "answered_time", "ended_time"),
    "deadline": ("due_time",),
    "waitlist_entry": ("since_time",),
    "contact_attempt": ("happened_time",),
}


@asynccontextmanager
async def open_life(fresh: FreshDatabase) -> AsyncIterator[Life]:
    """Agencies 1 to 3, each with Greek lessons for three people (services 1 to 3)."""
    async with open_directory(fresh, max_size=8) as directory:
        with Superuser(fresh.superuser_url, "referral") as superuser:
            yield await _begun(Life(superuser, directory))


async def _begun(life: Life) -> Life:
    await life.directory.save(*[service(number, number) for number in (1, 2, 3)])
    await life.work_off()
    return life


def service_ids(*numbers: int) -> list[str]:
    return [str(ServiceId(UUID(int=0x50000 + number))) for number in numbers]


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
