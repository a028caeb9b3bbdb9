"""The facts of notifications on the wire: the bytes never change, and every kept shape can be read."""

from datetime import UTC, datetime
from uuid import UUID

from chassis import topics
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.notifications.v1.notifications_events_pb2 import NotificationsEvent
from kernel.ids import OfferId, RecipientId
from services.notifications.adapters.event_codec import encode_event
from services.notifications.domain.acknowledgement import DeliveriesAcknowledged
from tests.support.golden import fact_in, facts_of, golden_bytes, kept_files

NOW = datetime(2026, 3, 2, 9, 30, 15, 250_000, tzinfo=UTC)
RECIPIENT = RecipientId(UUID("00000000-0000-5000-8000-000000000001"))
OFFERS = tuple(OfferId(UUID(f"00000000-0000-4000-8000-00000000000{number}")) for number in (2, 3))
CALLER = Caller(
    UUID("00000000-0000-4000-8000-000000000004"),
    UUID("00000000-0000-4000-8000-000000000005"),
    frozenset({"agency_member"}),
    "desk 4",
    "pwd",
    "test",
)
EVENT = UUID("00000000-0000-7000-8000-000000000006")


def _encoded() -> OutgoingEvent:
    fact = DeliveriesAcknowledged(RECIPIENT, 3, 9, OFFERS, 2)
    return encode_event(fact, CALLER, NOW, EVENT)


def test_the_bytes_of_a_fact_never_change() -> None:
    assert _encoded().payload == golden_bytes(_encoded())


def test_every_fact_has_kept_bytes_and_every_kept_shape_can_be_read() -> None:
    files = kept_files(topics.NOTIFICATIONS)
    assert {fact_in(NotificationsEvent, file.read_bytes())[0] for file in files} == facts_of(
        NotificationsEvent
    )


def test_the_envelope_says_what_the_row_says() -> None:
    event = _encoded()
    envelope = NotificationsEvent.FromString(event.payload)
    assert (event.key, event.aggregate_id, event.aggregate_version) == (RECIPIENT, RECIPIENT, 2)
    assert (envelope.event_id, envelope.aggregate_version) == (str(EVENT), 2)
    assert envelope.actor.acting_person == "desk 4"
