"""Tells on kem.access.v1 that somebody was shown more people than work explains."""

from datetime import datetime
from uuid import UUID

from chassis import topics
from chassis.access_records import POLICY_VERSION
from chassis.actor import actor_of
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.access.v1.access_events_pb2 import AccessEvent, ManyPeopleSearched
from kernel.ids import ordered_id
from services.intake.domain.search_allowance import WINDOW


def many_people_searched(
    people_count: int,
    caller: Caller,
    now: datetime,
    event_id: UUID | None = None,
    alarm_id: UUID | None = None,
) -> OutgoingEvent:
    """The alarm as an event keyed by the principal, among their accesses; it names nobody who was shown."""
    event_id, alarm_id = event_id or ordered_id(), alarm_id or ordered_id()
    envelope = AccessEvent(
        event_id=str(event_id),
        aggregate_id=str(alarm_id),
        aggregate_version=1,
        actor=actor_of(caller),
        policy_version=POLICY_VERSION,
        many_people_searched=ManyPeopleSearched(
            people_count=people_count, window_seconds=int(WINDOW.total_seconds())
        ),
    )
    envelope.event_time.FromDatetime(now)
    return OutgoingEvent(
        event_id=event_id,
        topic=topics.ACCESS,
        key=caller.principal_id,
        aggregate_id=alarm_id,
        aggregate_version=1,
        type="ManyPeopleSearched",
        event_time=now,
        payload=envelope.SerializeToString(deterministic=True),
    )
