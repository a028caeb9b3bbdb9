"""The facts of notifications on the wire: the bytes never change, and every kept shape can be read."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from chassis import topics
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.notifications.v1.notifications_events_pb2 import NotificationsEvent
from kernel.ids import AgencyId, OfferId, RecipientId
from services.notifications.adapters.event_codec import encode_event
from services.notifications.domain.acknowledgement import DeliveriesAcknowledged
from services.notifications.domain.push_endpoint import (
    PushEndpoint,
    PushEndpointRemoved,
    PushEndpointSet,
    PushFailure,
    PushGivenUp,
    PushResumed,
)
from services.notifications.domain.recipient import Inbox, Recipient
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


ENDPOINT = PushEndpoint(
    endpoint_id=UUID("00000000-0000-4000-8000-000000000007"),
    recipient=Recipient(Inbox.AGENCY, AgencyId(UUID("00000000-0000-4000-8000-000000000005"))),
    address="https://inbox.example:8443",
    authorities=None,
    pushed_sequence=9,
    next_try_time=NOW,
    version=3,
    failure=PushFailure.NOT_REACHED,
)
FACTS = (
    DeliveriesAcknowledged(RECIPIENT, 3, 9, OFFERS, 2),
    PushEndpointSet(ENDPOINT),
    PushEndpointRemoved(ENDPOINT),
    PushGivenUp(ENDPOINT),
    PushResumed(ENDPOINT),
)


def _encoded(fact: object = FACTS[0]) -> OutgoingEvent:
    return encode_event(fact, CALLER, NOW, EVENT)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_the_bytes_of_a_fact_never_change(fact: object) -> None:
    assert _encoded(fact).payload == golden_bytes(_encoded(fact))


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


def test_a_fact_about_a_push_endpoint_goes_with_its_recipients_and_is_counted_by_the_endpoint() -> None:
    event = _encoded(PushGivenUp(ENDPOINT))
    envelope = NotificationsEvent.FromString(event.payload)
    assert (event.key, event.aggregate_id, event.aggregate_version) == (
        ENDPOINT.recipient.recipient_id,
        ENDPOINT.endpoint_id,
        3,
    )
    assert envelope.aggregate_id == str(ENDPOINT.endpoint_id)
    assert envelope.push_given_up.failure == "NOT_REACHED"
