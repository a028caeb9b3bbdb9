"""What is sent is what is read, and nothing that comes from elsewhere breaks the reading."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from chassis.events import IncomingEvent
from chassis.incoming import Malformed, Message, read_message
from chassis.publisher import LoggedEvent, headers_of
from chassis.topics import PARTITIONS, TOPICS, key_bytes

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

# hypothesis adds the zone itself
_FIRST_TIME, _LAST_TIME = (datetime(year, 1, 1) for year in (2020, 2100))  # noqa: DTZ001 (zones follow)

events = st.builds(
    LoggedEvent,
    position=st.integers(1, 2**62),
    event_id=st.uuids(),
    topic=st.sampled_from(TOPICS),
    partition=st.integers(0, PARTITIONS - 1),
    key=st.uuids(),
    aggregate_id=st.uuids(),
    type=st.from_regex("[A-Z][A-Za-z]{2,30}", fullmatch=True),
    event_time=st.datetimes(_FIRST_TIME, _LAST_TIME, timezones=st.just(UTC)),
    payload=st.binary(max_size=200),
    traceparent=st.none() | st.just(TRACEPARENT),
    tracestate=st.none() | st.just("kem=1"),
)


@given(events, st.integers(0, 2**40))
def test_an_event_is_read_as_it_was_sent(sent: LoggedEvent, offset: int) -> None:
    key = key_bytes(sent.key)
    message = Message(sent.topic, sent.partition, offset, key, sent.payload, headers_of(sent, "referral"))
    assert read_message(message) == IncomingEvent(
        event_id=sent.event_id,
        topic=sent.topic,
        partition=sent.partition,
        offset=offset,
        position=sent.position,
        key=key,
        type=sent.type,
        event_time=sent.event_time,
        traceparent=sent.traceparent,
        payload=sent.payload,
        source="referral",
        tracestate=sent.tracestate,
    )


@given(
    events,
    st.sampled_from(["ce_id", "ce_source", "ce_type", "ce_time", "kem-position"]),
    st.none() | st.binary(max_size=20),
)
def test_a_message_with_a_broken_header_is_set_aside_and_never_raises(
    sent: LoggedEvent, name: str, value: bytes | None
) -> None:
    headers = [(one, value if one == name else old) for one, old in headers_of(sent, "referral")]
    message = Message(sent.topic, sent.partition, 1, key_bytes(sent.key), sent.payload, headers)
    read = read_message(message)
    if isinstance(read, Malformed):
        assert read.event.payload == sent.payload
        again = read_message(message)
        assert isinstance(again, Malformed)
        assert again.event.event_id == read.event.event_id
