"""All that has happened in somebody's case, in one line of time, whatever it was."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from kem.intake.v1 import appointment_service_pb2 as appointments
from kem.intake.v1 import contact_attempt_service_pb2 as attempts
from kem.intake.v1 import visit_service_pb2 as visits
from kernel.codes import LISTS
from services.console.adapters.names import Names
from services.console.entrypoints.codes import named
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.cases import described, directory_of, read_case
from services.console.entrypoints.pages.desk.consent_steps import (
    LIST_CONSENTS,
    consents_of,
    steps_of_consents,
)
from services.console.entrypoints.pages.desk.given import LIST_GIVEN, given_soon, steps_of_given
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.pages.desk.story import Directory
from services.console.entrypoints.pages.desk.timeline import Step, newest_first, steps_of_needs, types_of

_EACH: Final = 200
"""Of each kind; what is older stands on the pages of that kind."""
_SHOWN: Final = 30
_MOST_DIGITS: Final = 4
_CALLS: Final = (
    "IntakeService/GetBeneficiary",
    "IntakeService/ListNeeds",
    LIST_CONSENTS,
    LIST_GIVEN,
    "ReferralService/ListReferrals",
    "VisitService/ListVisits",
    "AppointmentService/ListAppointments",
    "ContactAttemptService/ListContactAttempts",
    "DirectoryService/ListAgencies",
    "DirectoryService/ListServices",
)


class CaseStoryPage:
    """All that the reader may see of it, the latest first: a call for each kind, however much it is."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its address."""
        return (Page("/desk/people/{person}/story", self.story, DESK, _CALLS),)

    async def story(self, visit: Visit) -> Response:
        """A page of it, from the place that the address names."""
        person_id, hub = visit.path_value("person"), visit.hub
        of_person: dict[str, Any] = {"beneficiary_id": person_id, "page_size": _EACH}
        case, seen, booked, tried, agreed, given, directory = await asyncio.gather(
            read_case(visit),
            visit.ask(hub.visits.ListVisits, visits.ListVisitsRequest(**of_person)),
            visit.ask(hub.appointments.ListAppointments, appointments.ListAppointmentsRequest(**of_person)),
            visit.ask(hub.attempts.ListContactAttempts, attempts.ListContactAttemptsRequest(**of_person)),
            consents_of(visit),
            given_soon(visit),
            directory_of(visit, self._names),
        )
        here = f"/desk/people/{person_id}"
        steps = newest_first(
            (
                *steps_of_needs(person_id, case.needs, directory, visit.say),
                *_of_meetings(
                    here, seen.visits, booked.appointments, tried.contact_attempts, directory, visit
                ),
                *steps_of_consents(here, agreed, directory, visit),
                *steps_of_given(person_id, given, types_of(case.needs, visit.language), directory, visit),
            )
        )
        asked = visit.query("from")
        first = int(asked) if asked.isdecimal() and len(asked) <= _MOST_DIGITS else 0
        return visit.render(
            "desk/case_story.html",
            title=visit.say("All that has happened"),
            here=f"{here}/story",
            person_id=person_id,
            who=described(case.known, visit),
            steps=steps[first : first + _SHOWN],
            first=first,
            onward=first + _SHOWN if len(steps) > first + _SHOWN else 0,
            is_cut=any(one.next_page_token for one in (seen, booked, tried, agreed)),
            given=given,
        )


def _of_meetings(
    here: str,
    seen: Sequence[visits.RecordedVisit],
    booked: Sequence[appointments.Appointment],
    tried: Sequence[attempts.ContactAttempt],
    directory: Directory,
    visit: Visit,
) -> Iterator[Step]:
    say, href = visit.say, f"{here}/contacts"
    for met in seen:
        explained = ", ".join(named(LISTS["VISIT_TOPICS"], code, visit.language) for code in met.visit.topics)
        yield Step(say("Visit"), _at(met.happened_time), explained, href)
    for one in booked:
        who = directory.service(one.service_id) or directory.agency(one.with_agency_id)
        yield Step(say("An appointment was booked"), _at(one.booked_time), who, href)
        ends = {
            appointments.APPOINTMENT_STATE_CANCELLED: say("The appointment was cancelled"),
            appointments.APPOINTMENT_STATE_ATTENDED: say("Came to the appointment"),
            appointments.APPOINTMENT_STATE_NO_SHOW: say("Did not come to the appointment"),
        }
        if one.state in ends:
            yield Step(ends[one.state], _at(one.changed_time), who, href)
    for attempt in tried:
        is_reached = attempt.result == attempts.ContactResult.CONTACT_RESULT_REACHED
        title = say("The person was reached") if is_reached else say("The person was not reached")
        yield Step(title, _at(attempt.happened_time), directory.agency(attempt.agency_id), href)


def _at(stamp: Any) -> datetime:
    found: datetime = stamp.ToDatetime(tzinfo=UTC)
    return found
