"""Tells on kem.access.v1 that somebody was shown more people than work explains."""

from datetime import datetime
from uuid import UUID

from chassis.access_records import event_about
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.access.v1.access_events_pb2 import ManyPeopleSearched
from services.intake.domain.search_allowance import WINDOW


def many_people_searched(
    people_count: int,
    caller: Caller,
    now: datetime,
    event_id: UUID | None = None,
    alarm_id: UUID | None = None,
) -> OutgoingEvent:
    """The alarm as an event keyed by the principal, among their accesses; it names nobody who was shown."""
    fact = ManyPeopleSearched(people_count=people_count, window_seconds=int(WINDOW.total_seconds()))
    return event_about(caller, now, "many_people_searched", fact, event_id, alarm_id)
