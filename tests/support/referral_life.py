"""The life of referrals on a real database: needs come as events, agencies answer, time passes as told."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis import topics
from chassis.caller import Caller
from chassis.current import set_current_caller
from chassis.events import IncomingEvent
from chassis.inbox import accept_new
from kem.common.v1.common_pb2 import Urgency as UrgencyMessage
from kem.intake.v1 import beneficiary_pb2, need_pb2
from kem.intake.v1.eligibility_service_pb2 import NeedProfile
from kem.intake.v1.intake_events_pb2 import (
    ConsentWithdrawn,
    IntakeEvent,
    NeedRecorded,
    NeedWithdrawn,
    ProfileChanged,
)
from kem.referral.v1 import referral_service_pb2 as rpc
from kem.referral.v1.referral_events_pb2 import ReferralEvent
from kernel.codes import LAST_PRIORITY_GROUP, CapacityKind, Role
from kernel.errors import Unavailable
from kernel.ids import AgencyId, NeedId, ReferralId, ServiceId, UnitId, ordered_id
from services.referral.adapters.profile_format import NeedAnswer, answer_of
from services.referral.adapters.stores import Stores
from services.referral.domain import referral_events
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.replay import replay
from services.referral.entrypoints.grpc_server import ReferralServicer
from services.referral.entrypoints.stream import CONSUMER, ReferralBatches
from services.referral.entrypoints.timers import DueWork
from services.referral.use_cases.declare_capacity import declare_capacity
from tests.support.directory import agency_id, service, service_id
from tests.support.postgres import FreshDatabase
from tests.support.saved_directory import WORKER, SavedDirectory, caller, open_directory
from tests.support.superuser import Superuser

KEM = AgencyId(UUID(int=0xA0000))
DESK = caller(Role.CASEWORKER, agency=KEM)
SUPERVISOR = caller(Role.SUPERVISOR, agency=KEM)


def member(number: int, person: str = "") -> Caller:
    """Somebody of an agency; another `person` is a colleague."""
    one = caller(Role.AGENCY_MEMBER, agency=agency_id(number))
    return Caller(uuid4(), one.agency_id, one.roles, person, "pwd", "test") if person else one


@dataclass(frozen=True, slots=True)
class Need:
    need_id: NeedId
    referral_id: ReferralId
    beneficiary_id: UUID


@dataclass(slots=True)
class IntakeDouble:
    """Says of each need what the test says; sealed words are the words backwards."""

    profiles: dict[NeedId, NeedProfile] = field(default_factory=dict)
    opened_by: list[UUID] = field(default_factory=list)
    is_away: bool = False

    async def get_profiles(self, need_ids: Sequence[NeedId]) -> dict[NeedId, NeedAnswer]:
        if self.is_away:
            raise Unavailable("Intake does not answer.")
        unknown = NeedProfile.STATE_UNKNOWN
        return {
            one: answer_of(self.profiles.get(one, NeedProfile(need_id=str(one), state=unknown)))
            for one in need_ids
        }

    async def seal(self, referral_id: ReferralId, words: str) -> bytes:
        return words[::-1].encode()

    async def open(self, referral_id: ReferralId, sealed: Sequence[bytes], reader: Caller) -> list[str]:
        self.opened_by.append(reader.principal_id)
        return [one.decode()[::-1] for one in sealed]


class Life:
    """One referral service without its processes: the same doors, called directly."""

    def __init__(self, superuser: Superuser, directory: SavedDirectory) -> None:
        self.superuser = superuser
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

    def rows(self, query: str) -> list[list[str]]:
        """Rows of the schema as text."""
        return self.superuser.rows(query)

    def state(self, need: Need) -> str:
        return self.rows(f"select state from referral where referral_id = '{need.referral_id}'")[0][0]

    def states(self) -> dict[str, int]:
        return {
            state: int(count) for state, count in self.rows("select state, count(*) from referral group by 1")
        }

    def offer(self, need: Need, number: int | None = None) -> dict[str, str]:
        """The last offer of a referral, or the one with the number."""
        names = ("offer_id", "agency_id", "service_id", "state", "reason", "respond_by_time", "number")
        which = "true" if number is None else f"number = {number}"
        found = self.rows(
            f"select {', '.join(names)} from offer where referral_id = '{need.referral_id}' and {which}"
            " order by number desc limit 1"
        )
        return dict(zip(names, found[0], strict=True))

    def offer_to(self, need: Need) -> int:
        """The number of the agency with the last offer."""
        return UUID(self.offer(need)["agency_id"]).int - 0xA0000

    def facts(self, need: Need | None = None) -> list[ReferralEvent]:
        """What was told about a referral, in order."""
        which = f"topic = '{topics.REFERRAL}' and " + (f"key = '{need.referral_id}'" if need else "true")
        found = self.rows(f"select encode(payload, 'hex') from outbox where {which} order by id")
        return [ReferralEvent.FromString(bytes.fromhex(line[0])) for line in found]

    def told(self, need: Need) -> list[str]:
        """The names of the facts that were told about a referral, in order."""
        return [str(event.WhichOneof("fact")) for event in self.facts(need)]

    def service_of(self, number: int) -> str:
        """The service of an agency."""
        return service_ids(number)[0]

    def check_history(self) -> None:
        """What was told of each referral, folded again, is what is stored."""
        facts: dict[str, list[Any]] = {}
        versions: dict[str, int] = {}
        for event in self.facts():
            facts.setdefault(event.referral_id, []).append(domain_fact(event))
            assert event.aggregate_version == versions.get(event.aggregate_id, 0) + 1
            versions[event.aggregate_id] = event.aggregate_version
        for referral_id, state, version in self.rows("select referral_id, state, version from referral"):
            standing = replay(facts.get(referral_id, ()))
            assert standing.referral == state
            assert versions.get(referral_id, 0) == int(version)
            offers = self.rows(f"select offer_id, state from offer where referral_id = '{referral_id}'")
            stored = {one: offer_state for one, offer_state in offers}  # noqa: C416 - dict() has no such type
            assert {str(one): told for one, told in standing.offers.items()} == stored

    def check_counters(self) -> None:
        """Both counters of every unit equal counts of rows."""
        wrong = self.rows(
            """
            select c.unit_id, c.reserved, c.occupied, held.reserved, held.occupied
            from capacity c cross join lateral (
                select count(*) filter (where o.state in ('SENT', 'NEEDS_INFORMATION')) as reserved,
                    count(*) filter (
                        where o.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED')
                        and r.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'IN_SERVICE')
                    ) as occupied
                from offer o join referral r using (referral_id) where o.unit_id = c.unit_id
            ) held
            where (c.reserved, c.occupied) is distinct from (held.reserved, held.occupied)
            """
        )
        assert wrong == []

    def check_lists(self) -> None:
        """Whoever waits stands on a list, by the urgency, the group and the time that are known of them."""
        missing = self.rows(
            "select referral_id from referral where state = 'WAITLISTED' and referral_id not in"
            " (select referral_id from waitlist_entry)"
        )
        assert missing == []
        entries = self.rows(
            """
            select (e.urgency, e.since_time) = (r.urgency, r.recorded_time), e.priority_group,
                encode(p.profile, 'hex')
            from waitlist_entry e join referral r using (referral_id) join need_profile p using (referral_id)
            where r.state = 'WAITLISTED'
            """
        )
        for is_the_referrals, group, profile in entries:
            assert is_the_referrals == "True"
            told = NeedProfile.FromString(bytes.fromhex(profile)).priority_group
            assert int(group) == (told or LAST_PRIORITY_GROUP)


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
}


def event_of(key: UUID, envelope: Any, topic: str = topics.INTAKE) -> IncomingEvent:
    """An event as the stream hands it over."""
    event_id = ordered_id()
    now = datetime.now(UTC)
    envelope.event_id = str(event_id)
    envelope.event_time.FromDatetime(now)
    return IncomingEvent(
        event_id=event_id,
        topic=topic,
        partition=0,
        offset=0,
        position=1,
        key=str(key).encode(),
        type="",
        event_time=now,
        traceparent=None,
        payload=envelope.SerializeToString(),
        source="intake",
    )


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


def domain_fact(event: ReferralEvent) -> Any:
    """The fact as the domain knows it, as far as a replay asks."""
    message = getattr(event, str(event.WhichOneof("fact")))
    kind = getattr(referral_events, type(message).__name__)
    return kind(**{name: getattr(message, name, None) for name in kind.__dataclass_fields__})


def service_ids(*numbers: int) -> list[str]:
    return [str(ServiceId(UUID(int=0x50000 + number))) for number in numbers]


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value
