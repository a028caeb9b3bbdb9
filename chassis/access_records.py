"""Who read, searched or was refused: told on kem.access.v1 by the outbox of the service that was asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from google.protobuf.message import Message

from chassis import topics
from chassis.actor import actor_of
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kernel.ids import ordered_id

POLICY_VERSION: Final = "access/1"
MAX_SUBJECTS: Final = 500


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """One read of personal data, one search, or one refusal.

    Args:
        service: who was asked (`intake`).
        method: the full name of the RPC.
        subject_ids: random ids of the people, referrals or disclosures that were read.
        stated_reason: the code of the reason that the caller gave, never free text.
        refusal_reason: the stable reason of a refusal; empty when the access was granted.
        subject_count: how many subjects were touched where they are more than are listed.
        times: how many refusals it stands for; 0 for one.
        first_time: since when they were counted, where it stands for several.
    """

    service: str
    method: str
    subject_ids: Sequence[UUID] = field(default=())
    stated_reason: str = ""
    refusal_reason: str = ""
    subject_count: int | None = None
    times: int = 0
    first_time: datetime | None = None


def access_event(record: AccessRecord, caller: Caller, now: datetime) -> OutgoingEvent:
    """The record as an event keyed by the principal, so that one person's accesses stay in order."""
    from kem.access.v1.access_events_pb2 import AccessRecorded

    recorded = AccessRecorded(
        service=record.service,
        method=record.method,
        outcome=AccessRecorded.OUTCOME_REFUSED if record.refusal_reason else AccessRecorded.OUTCOME_GRANTED,
        refusal_reason=record.refusal_reason,
        stated_reason=record.stated_reason,
        subject_ids=[str(subject) for subject in record.subject_ids[:MAX_SUBJECTS]],
        subject_count=len(record.subject_ids) if record.subject_count is None else record.subject_count,
        roles=sorted(caller.roles),
        times=record.times,
        by_itself=caller.is_by_itself,
    )
    if record.first_time is not None:
        recorded.first_time.FromDatetime(record.first_time)
    return event_about(caller, now, "access_recorded", recorded)


def event_about(
    caller: Caller,
    now: datetime,
    field_name: str,
    fact: Message,
    event_id: UUID | None = None,
    aggregate_id: UUID | None = None,
    aggregate_version: int = 1,
) -> OutgoingEvent:
    """A fact of kem.access.v1 that stands for itself, keyed by whom it is about: the caller.

    Args:
        field_name: the fact's name in the envelope.
    """
    from kem.access.v1.access_events_pb2 import AccessEvent

    event_id, aggregate_id = event_id or ordered_id(), aggregate_id or ordered_id()
    envelope = AccessEvent(
        event_id=str(event_id),
        aggregate_id=str(aggregate_id),
        aggregate_version=aggregate_version,
        actor=actor_of(caller),
        policy_version=POLICY_VERSION,
    )
    getattr(envelope, field_name).CopyFrom(fact)
    envelope.event_time.FromDatetime(now)
    return OutgoingEvent(
        event_id=event_id,
        topic=topics.ACCESS,
        key=caller.principal_id,
        aggregate_id=aggregate_id,
        aggregate_version=aggregate_version,
        type=fact.DESCRIPTOR.name,
        event_time=now,
        payload=envelope.SerializeToString(deterministic=True),
    )
