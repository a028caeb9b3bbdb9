"""Events of every topic as the ledger tells them: by the names of their contracts."""

import re
from hashlib import sha256
from typing import Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.events import IncomingEvent
from chassis.plain_events import PlainReader, fact_of, plain_name
from kem.common.v1.common_pb2 import Actor
from kem.referral.v1.referral_events_pb2 import ProposedService
from services.audit.domain.entry import Told, instant_text

_NANOSECONDS: Final = 1_000_000_000


def text_of_stamp(stamp: Timestamp) -> str:
    """As `written` has it.

    Raises:
        ValueError, OverflowError: it is no instant.
    """
    nanos = stamp.nanos
    if not 0 <= nanos < _NANOSECONDS:
        raise ValueError("not an instant")
    return instant_text(stamp.seconds, nanos // 1000)


_OTHER_IDS: Final = ("event_id", "causation_id", "agency_id", "agency_ids")


_RECURRING: Final = (Actor, ProposedService)


def _is_subject(field: FieldDescriptor) -> bool:
    """Of ids all but those of events, of who acted, of agencies, of services that were only considered."""
    is_of_other = any(field.containing_type == kind.DESCRIPTOR for kind in _RECURRING)
    return not is_of_other and not field.name.endswith(_OTHER_IDS)


_READER: Final = PlainReader(
    # whoever acted for an agency stands in the ledger by the agency's own reference (chassis/caller.py)
    also={"acting_person": re.compile(r"[A-Za-z0-9._:-]{0,80}")},
    instant=text_of_stamp,
    is_subject=_is_subject,
    recurring=_RECURRING,
)
_ELSEWHERE: Final = frozenset({"event_id", "event_time"})
"""Of the envelope: they stand in the entry itself."""


def told(event: IncomingEvent) -> Told:
    """The event, whatever it holds: what cannot be read is entered by the hash of its bytes."""
    subjects: set[str] = set()
    envelope = _READER.read(event.topic, event.payload, subjects)
    fact = fact_of(event.topic, envelope)
    return Told(
        source=event.source,
        position=event.position,
        topic=event.topic,
        type=fact[0] if fact else plain_name(event.type),
        event_id=event.event_id,
        event_time=event.event_time,
        payload_hash=sha256(event.payload).hexdigest(),
        envelope={
            name: value
            for name, value in (envelope or {}).items()
            if name not in _ELSEWHERE and not (fact and value is fact[1])
        },
        fact=fact[1] if fact else None,
        subjects=subjects if envelope else (),
    )
