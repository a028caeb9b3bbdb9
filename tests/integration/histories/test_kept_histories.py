"""What was once told leads to the same state today: the bytes of old histories, through the code of now."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import asyncpg
import pytest
from google.protobuf.message import Message

from chassis import topics
from chassis.batch import BatchRunner
from chassis.batch_reader import BatchReader
from chassis.postgres import Database
from kem.directory.v1.directory_events_pb2 import DirectoryEvent
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kem.notifications.v1.notifications_events_pb2 import NotificationsEvent
from kem.referral.v1.referral_events_pb2 import ReferralEvent
from services.intake.adapters.holding_news import HoldingNews
from services.intake.adapters.postgres_held_referrals import PostgresHeldReferrals
from services.intake.adapters.postgres_needed_categories import PostgresNeededCategories
from services.intake.entrypoints import projection
from services.intake.entrypoints.projection import DisclosureFacts
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.entrypoints import stream as deliveries
from services.notifications.entrypoints.stream import ReferralFacts
from services.referral.domain.replay import replay
from services.referral.entrypoints import stream as referrals
from services.referral.entrypoints.translate_events import read_event
from tests.support.golden import fact_in, facts_of
from tests.support.histories import History, KeptEvent, as_kept, load, names
from tests.support.postgres import FreshDatabase
from tests.support.stored_referrals import domain_fact

ENVELOPES: dict[str, type[Message]] = {
    topics.INTAKE: IntakeEvent,
    topics.DISCLOSURE: DisclosureEvent,
    topics.REFERRAL: ReferralEvent,
    topics.DIRECTORY: DirectoryEvent,
    topics.NOTIFICATIONS: NotificationsEvent,
}
BATCH = 40
NOBODY_ACTS_ON = {
    *(
        (topics.DISCLOSURE, fact)
        for fact in facts_of(DisclosureEvent)
        if fact.startswith(
            (
                "Emergency",
                "Authority",
                "Compelled",
                "Complaint",
                "Rights",
                "NoticePublished",
                "AgeRules",
                "Retention",
            )
        )
    ),
    *(
        (topics.INTAKE, fact)
        for fact in facts_of(IntakeEvent)
        if fact.startswith(("ConsentFr", "ConsentState", "Beneficiaries", "KeyEpoch", "Receipt"))
    ),
    *((topics.NOTIFICATIONS, fact) for fact in facts_of(NotificationsEvent) if fact.startswith("Push")),
    *((topics.DIRECTORY, fact) for fact in facts_of(DirectoryEvent) - {"NeededCategoriesSet"}),
}
"""Facts that are told for the record only."""

_NEED = """
    insert into intake.need (need_id, referral_id, beneficiary_id, service_type, sender_agency_id,
                             recorded_by_principal_id, urgency, routing, origin, happened_time, recorded_time)
    select need_id, referral_id, beneficiary_id, service_type, gen_random_uuid(), gen_random_uuid(), 'NORMAL',
           'CONSENTED', 'KEM_DESK', now(), now()
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
         as need (need_id, referral_id, beneficiary_id, service_type)
"""
_DELIVERIES = """
    select inbox, delivery.agency_id, sequence, event_id, kind, referral_id, offer_id, service_id, urgency,
           respond_by_time, event_time
    from notifications.delivery join notifications.recipient using (recipient_id)
    where delivery.agency_id is not null order by 1, 2, 3
"""
"""Of agencies and desks; what officers are told of the same facts is tested in test_mails_to_officers."""
_NEEDED = "select service_type, mask, version from intake.needed_categories order by 1"
_HELD = """
    select referral_id, referral_version, need_id, beneficiary_id, agency_id, offer_id, for_assessment,
           opened_time, closed_time
    from intake.held_referral order by referral_id
"""


@pytest.fixture(params=names())
def history(request: pytest.FixtureRequest) -> History:
    return load(request.param)


async def take(
    fresh: FreshDatabase, service: str, consumer: str, reader: BatchReader, events: Sequence[KeptEvent]
) -> None:
    """Gives the events to the consumer as its service does, batch by batch, and every batch twice."""
    database = await Database.open(fresh.worker_url(service), schema=service)
    try:
        batches = BatchRunner(service, consumer, database, reader)
        for start in range(0, len(events), BATCH):
            messages = [one.message() for one in events[start : start + BATCH]]
            await batches.take(messages)
            await batches.take(messages)
    finally:
        await database.close()


async def set_aside(everything: asyncpg.Connection, schema: str) -> list[Any]:
    return list(await everything.fetch(f"select event_id, reason from {schema}.dead_letter"))


def plain(value: Any) -> Any:
    """What a reader understood, as JSON holds it."""
    if is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int) else str(value)


def test_every_event_says_the_fact_that_its_line_names(history: History) -> None:
    for one in history.events:
        name, _ = fact_in(ENVELOPES[one.logged.topic], one.logged.payload)
        assert name == one.logged.type
        event = one.incoming()
        assert (event.event_id, event.position, event.payload) == (
            one.logged.event_id, one.logged.position, one.logged.payload,
        )  # fmt: skip


def test_the_facts_of_each_referral_fold_to_where_it_stood(history: History) -> None:
    told: dict[str, list[Any]] = {}
    versions: dict[str, int] = {}
    for one in history.of(topics.REFERRAL):
        envelope = ReferralEvent.FromString(one.logged.payload)
        told.setdefault(envelope.referral_id, []).append(domain_fact(envelope))
        if envelope.aggregate_id == envelope.referral_id:
            versions[envelope.referral_id] = envelope.aggregate_version
    stood = history.state()["referrals"]
    assert set(told) <= set(stood)
    for referral_id, kept in stood.items():
        standing = replay(told.get(referral_id, ()))
        assert standing.referral == kept["state"]
        assert {str(offer_id): str(state) for offer_id, state in standing.offers.items()} == kept["offers"]
        assert versions.get(referral_id, 0) == kept["version"]


async def test_notifications_deliver_what_they_delivered_then(
    history: History, fresh: FreshDatabase, everything: asyncpg.Connection
) -> None:
    reader = ReferralFacts(PostgresDeliveries())
    await take(fresh, "notifications", deliveries.CONSUMER, reader, history.of(topics.REFERRAL))
    today = as_kept(await everything.fetch(_DELIVERIES))
    assert today == history.part("deliveries", today)
    assert await set_aside(everything, "notifications") == []


async def test_notifications_deliver_of_recalls_what_they_delivered_then(
    history: History, fresh: FreshDatabase, everything: asyncpg.Connection
) -> None:
    reader = ReferralFacts(PostgresDeliveries())
    await take(fresh, "notifications", deliveries.CONSUMER, reader, history.of(topics.DISCLOSURE))
    today = as_kept(await everything.fetch(_DELIVERIES))
    assert today == history.part("deliveries_of_recalls", today)
    assert await set_aside(everything, "notifications") == []


async def test_intake_knows_the_holders_and_the_needs_that_it_knew_then(
    history: History, fresh: FreshDatabase, everything: asyncpg.Connection
) -> None:
    needs = history.state()["needs"]
    await everything.execute("set session_replication_role = replica")  # the people themselves are not kept
    await everything.execute(
        _NEED,
        *(
            [need[name] for need in needs]
            for name in ("need_id", "referral_id", "beneficiary_id", "service_type")
        ),
    )
    await everything.execute("set session_replication_role = origin")
    await everything.execute(
        "alter table intake.held_referral drop constraint held_referral_beneficiary_id_fkey"
    )
    reader = DisclosureFacts(PostgresHeldReferrals(), PostgresNeededCategories(), HoldingNews())
    await take(fresh, "intake", projection.CONSUMER, reader, history.of(*projection.TOPICS))
    today = as_kept(await everything.fetch(_HELD))
    assert today == history.part("held_referrals", today)
    needed = as_kept(await everything.fetch(_NEEDED))
    assert needed == history.part("needed_categories", needed)
    assert await set_aside(everything, "intake") == []


def test_referral_understands_what_it_understood_then(history: History) -> None:
    today = {}
    for one in history.of(*referrals.TOPICS):
        heard = read_event(one.incoming())
        today[str(one.logged.event_id)] = {"means": type(heard).__name__, **(plain(heard) if heard else {})}
    kept = history.part("heard_by_referral", today)
    assert set(today) == set(kept)
    for event_id, old in kept.items():
        assert {name: today[event_id][name] for name in old} == old


def test_every_fact_on_which_somebody_acts_stands_in_a_history() -> None:
    kept = {(one.logged.topic, one.logged.type) for name in names() for one in load(name).events}
    told = {(topic, fact) for topic, envelope in ENVELOPES.items() for fact in facts_of(envelope)}
    assert kept >= told - NOBODY_ACTS_ON, "keep a history with the fact: CONTRIBUTING says how"
    assert kept <= told
