"""A small hub in which everything is as it must be: planted by hand, so that single things can be broken.

Four needs of one person: R1 was declined by one agency and taken up by another, which was given something;
R2 is offered to the same agency; R3 asks for a restricted service and waits for the person; R4 waits for a
place.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from google.protobuf.message import Message

from chassis.batch import BatchRunner
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from chassis.incoming import Message as KafkaMessage
from chassis.postgres import Database
from chassis.topics import key_bytes, partition_of
from kem.common.v1 import common_pb2
from kem.intake.v1.eligibility_service_pb2 import NeedProfile
from kem.referral.v1 import referral_events_pb2 as facts
from kernel.ids import PrincipalId, derived_id, ordered_id
from kernel.vocabulary import Role
from services.access.adapters.event_codec import encode_event
from services.access.domain.account import AccountOpened
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.entrypoints.stream import CONSUMER, ReferralFacts
from tests.support.postgres import FreshDatabase
from tests.support.referral_facts import outgoing

SENDER, ASKED_FIRST, HOLDER = (derived_id("check", name) for name in ("sender", "asked first", "holder"))
PERSON, CONSENT, CONSENT_EVENT, CELL = (
    derived_id("check", name) for name in ("person", "consent", "consent event", "cell")
)
NEEDS = [derived_id("check", f"need {number}") for number in (1, 2, 3, 4)]
R1, R2, R3, R4 = (derived_id("check", f"referral {number}") for number in (1, 2, 3, 4))
DECLINED, ACCEPTED, OPEN = (derived_id("check", f"offer {number}") for number in (1, 2, 3))
UNIT, OTHER_UNIT, DISCLOSURE, HANDOVER = (
    derived_id("check", name) for name in ("unit", "other unit", "disclosure", "hand-over")
)
NOTIFICATION, COMPELLED, COMPELLED_DISCLOSURE = (
    derived_id("check", name) for name in ("notification", "compelled", "compelled disclosure")
)
EMERGENCY, BY_EMERGENCY = derived_id("check", "emergency"), derived_id("check", "by emergency")
PURPOSE = "SERVICE_EDUCATION"
NOTICE = "a notice"
NOTICE_SHA256 = hashlib.sha256(NOTICE.encode()).digest()

NOW = datetime.now(UTC)
EARLIER, LATER = NOW - timedelta(hours=2), NOW + timedelta(hours=2)
JUST_AFTER = NOW + timedelta(milliseconds=1)


@dataclass
class HealthyHub:
    """Writes as superuser, past every wall."""

    files: FreshDatabase
    connection: asyncpg.Connection
    positions: dict[str, int] = field(default_factory=dict)
    versions: dict[UUID, int] = field(default_factory=dict)

    async def plant(self, table: str, **values: Any) -> None:
        """Inserts a row; what must not be null and is not told gets something of its type."""
        schema, name = table.split(".")
        columns = await self.connection.fetch(
            """
            select column_name, data_type from information_schema.columns
            where table_schema = $1 and table_name = $2 and is_nullable = 'NO' and column_default is null
              and is_identity = 'NO' and is_generated = 'NEVER'
            """,
            schema,
            name,
        )
        row = {column: _ANYTHING[kind] for column, kind in columns} | values
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        await self.connection.execute(
            f"insert into {table} ({', '.join(row)}) values ({places})", *row.values()
        )

    async def log(self, schema: str, event: OutgoingEvent) -> KafkaMessage:
        """Puts an event into the schema's log at its next position."""
        position = self.positions[schema] = self.positions.get(schema, 0) + 1
        await self.plant(
            f"{schema}.event_log",
            position=position,
            partition=partition_of(key_bytes(event.key)),
            **{name: getattr(event, name) for name in event.__slots__},
        )
        await self.connection.execute(
            f"update {schema}.publication set logged_position = $1, position = $1", position
        )
        headers = {
            "ce_id": str(event.event_id),
            "ce_source": schema,
            "ce_type": f"{event.topic}.{event.type}",
            "ce_time": event.event_time.isoformat(),
            "kem-position": str(position),
        }
        return KafkaMessage(
            event.topic,
            partition_of(key_bytes(event.key)),
            position,
            key_bytes(event.key),
            event.payload,
            [(header, value.encode()) for header, value in headers.items()],
        )

    async def tell(self, *events: OutgoingEvent) -> None:
        """Logs facts about referrals, and lets notifications take them."""
        worker = await Database.open(self.files.worker_url("notifications"), schema="notifications")
        try:
            runner = BatchRunner("notifications", CONSUMER, worker, ReferralFacts(PostgresDeliveries()))
            await runner.take([await self.log("referral", event) for event in events])
        finally:
            await worker.close()

    async def intake_event(
        self, kind: str, aggregate_id: UUID, key: UUID = PERSON, version: int = 1
    ) -> OutgoingEvent:
        """An event of intake of which only the envelope's outside matters."""
        is_disclosure = kind.startswith(
            ("Disclosure", "Handover", "Emergency", "Authority", "Compelled", "Complaint", "Rights", "Recall")
        )
        topic = "kem.disclosure.v1" if is_disclosure else "kem.intake.v1"
        event = OutgoingEvent(ordered_id(), topic, key, aggregate_id, version, kind, EARLIER, b"")
        await self.log("intake", event)
        return event

    def fact(self, referral_id: UUID, aggregate_id: UUID, fact: Message) -> OutgoingEvent:
        """A fact about a referral with the next version of its aggregate."""
        version = self.versions[aggregate_id] = self.versions.get(aggregate_id, 0) + 1
        event = outgoing(fact, sender=SENDER, referral_id=referral_id, event_time=EARLIER)
        return OutgoingEvent(
            event.event_id,
            event.topic,
            referral_id,
            aggregate_id,
            version,
            event.type,
            event.event_time,
            event.payload,
        )


async def build(files: FreshDatabase, connection: asyncpg.Connection) -> HealthyHub:
    """Plants everything."""
    from tests.integration.check.healthy_emergencies import plant_emergencies
    from tests.integration.check.healthy_recalls import plant_recall
    from tests.integration.check.healthy_rights import plant_rights

    hub = HealthyHub(files, connection)
    await connection.execute("set session_replication_role = replica")  # foreign keys are not the point
    await _plant_intake(hub)
    await plant_emergencies(hub)
    await plant_rights(hub)
    await plant_recall(hub)
    await _plant_referral(hub)
    await hub.tell(*_story(hub))
    await _plant_staff(hub)
    return hub


async def _plant_staff(hub: HealthyHub) -> None:
    """Somebody who has signed in, and somebody who has left."""
    for name, state in (("caseworker", "ACTIVE"), ("former caseworker", "CLOSED")):
        principal_id = PrincipalId(derived_id("check", name))
        opened = AccountOpened(principal_id, None, frozenset({Role.CASEWORKER}), 1)
        await hub.log("access", encode_event(opened, Caller.of_service("access"), EARLIER))
        await hub.plant(
            "access.account",
            principal_id=principal_id,
            login=name.replace(" ", "-"),
            roles=["caseworker"],
            state=state,
            version=1,
            closed_time=None if state == "ACTIVE" else NOW,
        )
        if state == "ACTIVE":
            await hub.plant(
                "access.session",
                principal_id=principal_id,
                acr="pwd",
                begun_time=EARLIER,
                used_time=NOW,
                end_time=LATER,
            )


async def _plant_intake(hub: HealthyHub) -> None:
    await hub.plant("intake.beneficiary", beneficiary_id=PERSON, version=1, profile_version=1)
    await hub.intake_event("BeneficiaryRegistered", PERSON)
    period = {"valid_from_time": EARLIER - timedelta(days=1), "valid_until_time": LATER}
    await hub.plant("intake.notice", version="1", published_time=EARLIER - timedelta(days=2))
    await hub.plant("intake.notice_text", version="1", language="en", text=NOTICE, sha256=NOTICE_SHA256)
    await hub.plant(
        "intake.consent",
        consent_id=CONSENT,
        beneficiary_id=PERSON,
        method="WRITTEN",
        given_by="SELF",
        notice_version="1",
        notice_language="en",
        notice_sha256=NOTICE_SHA256,
        **period,
    )
    grant = {
        "agency_id": HOLDER,
        "purpose": PURPOSE,
        "categories": 7,
        "legal_basis": "CONSENT",
        "effect": "PERMIT",
    }
    await hub.plant("intake.consent_grant", consent_id=CONSENT, line=1, **grant)
    await hub.plant(
        "intake.consent_event",
        consent_event_id=CONSENT_EVENT,
        beneficiary_id=PERSON,
        sequence=1,
        state="GIVEN",
        consent_id=CONSENT,
        recorded_time=EARLIER - timedelta(days=1),
    )
    await hub.plant(
        "intake.grant_cell",
        cell_id=CELL,
        beneficiary_id=PERSON,
        consent_id=CONSENT,
        consent_event_id=CONSENT_EVENT,
        **grant,
        **period,
    )
    agreement = {"purposes": [PURPOSE], "categories": 15, "legal_regime": "GDPR_CONTROLLER", "version": 1}
    for table in ("intake.agreement", "intake.agreement_version"):
        await hub.plant(table, agency_id=HOLDER, transfer_basis="", **agreement, **period)
    for need_id, referral_id, service_type in zip(
        NEEDS, (R1, R2, R3, R4), ("GREEK_A1", "GREEK_A1", "GBV_COUNSELLING", "GREEK_A1"), strict=True
    ):
        await hub.plant(
            "intake.need",
            need_id=need_id,
            referral_id=referral_id,
            beneficiary_id=PERSON,
            sender_agency_id=SENDER,
            service_type=service_type,
            urgency="NORMAL",
            routing="CONSENTED",
        )
        event = await hub.intake_event("NeedRecorded", need_id)
        await hub.plant("referral.inbox", consumer="referral", event_id=event.event_id)
    await hub.plant(
        "intake.disclosure",
        disclosure_id=DISCLOSURE,
        outcome="GIVEN",
        referral_id=R1,
        need_id=NEEDS[0],
        beneficiary_id=PERSON,
        agency_id=HOLDER,
        offer_id=ACCEPTED,
        purpose=PURPOSE,
        legal_bases=["CONSENT"],
        asked_mask=5,
        given_mask=5,
        cell_ids=[CELL],
        consent_event_ids=[CONSENT_EVENT],
        agreement_version=1,
        disclosed_time=NOW,
    )
    await hub.intake_event("DisclosureGiven", DISCLOSURE, HOLDER)


async def _plant_referral(hub: HealthyHub) -> None:
    for need_id, referral_id, state, offer_id, service_type in (
        (NEEDS[0], R1, "ACCEPTED", ACCEPTED, "GREEK_A1"),
        (NEEDS[1], R2, "OFFERED", OPEN, "GREEK_A1"),
        (NEEDS[2], R3, "AWAITING_PERSON", None, "GBV_COUNSELLING"),
        (NEEDS[3], R4, "WAITLISTED", None, "GREEK_A1"),
    ):
        await hub.plant(
            "referral.referral",
            referral_id=referral_id,
            need_id=need_id,
            beneficiary_id=PERSON,
            sender_agency_id=SENDER,
            service_type=service_type,
            urgency="NORMAL",
            routing="CONSENTED",
            state=state,
            current_offer_id=offer_id,
            holder_agency_id=HOLDER if state == "ACCEPTED" else None,
            recorded_time=EARLIER,
        )
    await hub.plant(
        "referral.waitlist_entry",
        unit_id=UNIT,
        referral_id=R4,
        urgency="NORMAL",
        priority_group=2,
        since_time=EARLIER,
    )
    profile = NeedProfile(need_id=str(NEEDS[3]), referral_id=str(R4), priority_group=2)
    await hub.plant("referral.need_profile", referral_id=R4, profile=profile.SerializeToString())
    for offer_id, referral_id, agency_id, unit_id, number, state in (
        (DECLINED, R1, ASKED_FIRST, OTHER_UNIT, 1, "DECLINED"),
        (ACCEPTED, R1, HOLDER, UNIT, 2, "ACCEPTED"),
        (OPEN, R2, HOLDER, UNIT, 1, "SENT"),
    ):
        await hub.plant(
            "referral.offer",
            offer_id=offer_id,
            referral_id=referral_id,
            agency_id=agency_id,
            sender_agency_id=SENDER,
            unit_id=unit_id,
            number=number,
            state=state,
            offered_time=EARLIER,
            respond_by_time=LATER,
            answered_time=EARLIER + timedelta(hours=1) if state == "ACCEPTED" else None,
            ended_time=None if state == "SENT" else EARLIER + timedelta(hours=1),
        )
    for unit_id, reserved, occupied in ((UNIT, 1, 1), (OTHER_UNIT, 0, 0)):
        await hub.plant(
            "referral.capacity",
            unit_id=unit_id,
            kind="PLACES",
            places=5,
            reserved=reserved,
            occupied=occupied,
        )
    for schema in ("referral", "intake"):
        await hub.plant(f"{schema}.needed_categories", service_type="GBV_COUNSELLING", mask=7, version=2)
    await hub.plant("referral.deadline", due_time=LATER, kind="OFFER", detail="END", offer_id=OPEN)


def _story(hub: HealthyHub) -> list[OutgoingEvent]:
    def offered(offer_id: UUID, agency_id: UUID) -> facts.ReferralOffered:
        fact = facts.ReferralOffered(
            offer_id=str(offer_id),
            agency_id=str(agency_id),
            service_id=str(uuid4()),
            urgency=common_pb2.URGENCY_NORMAL,
        )
        fact.respond_by_time.FromDatetime(LATER)
        return fact

    return [
        hub.fact(R1, R1, offered(DECLINED, ASKED_FIRST)),
        hub.fact(
            R1,
            DECLINED,
            facts.OfferDeclined(offer_id=str(DECLINED), agency_id=str(ASKED_FIRST), reason="NO_CAPACITY"),
        ),
        hub.fact(R1, R1, offered(ACCEPTED, HOLDER)),
        hub.fact(R1, R1, facts.ReferralAccepted(offer_id=str(ACCEPTED), agency_id=str(HOLDER))),
        hub.fact(R2, R2, offered(OPEN, HOLDER)),
        hub.fact(R3, R3, facts.ReferralAwaitingPerson(cause="ASK_FIRST", proposals=2)),
        hub.fact(R4, R4, facts.ReferralWaitlisted()),
    ]


_ANYTHING: dict[str, Any] = {
    "uuid": UUID(int=7),
    "text": "x",
    "bytea": b"x",
    "boolean": False,
    "integer": 1,
    "bigint": 1,
    "smallint": 1,
    "double precision": 1.0,
    "timestamp with time zone": EARLIER,
    "jsonb": "{}",
    "ARRAY": [],
    "date": NOW.date(),
}
