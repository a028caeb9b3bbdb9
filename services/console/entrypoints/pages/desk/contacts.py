"""Meeting somebody: visits and what was explained, appointments, and the tries to reach them."""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.intake.v1 import appointment_service_pb2 as appointments
from kem.intake.v1 import beneficiary_pb2, consent_pb2
from kem.intake.v1 import contact_attempt_service_pb2 as attempts
from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1 import visit_service_pb2 as visits
from kernel.codes import LANGUAGES, LISTS, SERVICE_TYPES
from kernel.errors import Conflict, Invalid, KemError, RuleBroken
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, choices, named
from services.console.entrypoints.forms import as_choice, as_instant
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.cases import described, directory_of, needs_of
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.pages.desk.story import Directory
from services.console.entrypoints.pages.earlier import happened_typed
from services.console.entrypoints.refusals import words_for

_MENDED: Final = (Invalid, RuleBroken, Conflict)
"""Refusals that whoever sent the form can mend in it; what nobody answered is kept whole by the door."""
_EACH: Final = 20
"""Of each list on a page."""


class ContactPages:
    """One page with what has been and what comes; each of its forms has an address of its own."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        here = "/desk/people/{person}/contacts"
        reads = (
            "IntakeService/GetBeneficiary",
            "IntakeService/ListNeeds",
            "VisitService/ListVisits",
            "AppointmentService/ListAppointments",
            "ContactAttemptService/ListContactAttempts",
            "DirectoryService/ListAgencies",
            "DirectoryService/ListServices",
        )
        sends = ("POST",)
        booked = here + "/appointments/{appointment}"
        return (
            Page(here, self.look, DESK, reads),
            Page(here + "/visit", self.visit, DESK, ("VisitService/RecordVisit", *reads), sends),
            Page(here + "/book", self.book, DESK, ("AppointmentService/BookAppointment", *reads), sends),
            Page(booked + "/move", self.move, DESK, ("AppointmentService/MoveAppointment", *reads), sends),
            Page(
                booked + "/cancel", self.cancel, DESK, ("AppointmentService/CancelAppointment", *reads), sends
            ),
            Page(booked + "/came", self.came, DESK, ("AppointmentService/RecordAttendance", *reads), sends),
            Page(
                here + "/try",
                self.attempt,
                DESK,
                ("ContactAttemptService/RecordContactAttempt", *reads),
                sends,
            ),
        )

    async def look(self, visit: Visit) -> Response:
        """Everything, the latest first."""
        return await self._page(visit)

    async def visit(self, visit: Visit) -> Response:
        """Somebody was here, or on the telephone: what was explained, in which language, by whom."""
        form, say = visit.form, visit.say
        if not form.all("topics"):
            visit.errors.add("topics", say("Tick what was explained."))
        if form.text("spoken_language") not in LANGUAGES:
            visit.errors.add("spoken_language", say("Choose in which language it was explained."))
        self._check_interpreter(visit)
        at = happened_typed(visit, "visit")
        if visit.errors:
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        told = visits.Visit(
            topics=form.all("topics"),
            spoken_language=form.text("spoken_language"),
            mode=as_choice(visits.VisitMode, f"VISIT_MODE_{form.text('mode') or 'AT_DESK'}"),
        )
        if mode := form.text("interpreter_mode"):
            told.interpreter.reference = form.text("interpreter")
            told.interpreter.mode = as_choice(consent_pb2.InterpreterMode, f"INTERPRETER_MODE_{mode}")
            told.interpreter.confidentiality_signed = form.has("interpreter_signed")
            told.interpreter.of_full_age = form.has("interpreter_of_age")
        request = visits.RecordVisitRequest(
            request_id=form.request_id, beneficiary_id=visit.path_value("person"), visit=told
        )
        if at is not None:
            request.happened_time.FromDatetime(at)
        return await self._do(visit, visit.hub.visits.RecordVisit, request, "topics", "visit-recorded")

    async def book(self, visit: Visit) -> Response:
        """A time with an agency."""
        form = visit.form
        at = self._time_to_come(visit, "book")
        if not form.text("with_agency"):
            visit.errors.add("with_agency", visit.say("Choose an agency"))
        if visit.errors or at is None:
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        request = appointments.BookAppointmentRequest(
            request_id=form.request_id,
            beneficiary_id=visit.path_value("person"),
            referral_id=form.text("referral") or None,
            with_agency_id=form.text("with_agency"),
            place=form.text("place"),
        )
        request.start_time.FromDatetime(at)
        return await self._do(visit, visit.hub.appointments.BookAppointment, request, "book_day", "booked")

    async def move(self, visit: Visit) -> Response:
        """To another time."""
        appointment_id = visit.path_value("appointment")
        field = f"move_day-{appointment_id}"
        at = self._time_to_come(visit, "move", field)
        if visit.errors or at is None:
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        request = appointments.MoveAppointmentRequest(
            request_id=visit.form.request_id, appointment_id=appointment_id
        )
        request.start_time.FromDatetime(at)
        return await self._do(visit, visit.hub.appointments.MoveAppointment, request, field, "moved")

    async def cancel(self, visit: Visit) -> Response:
        """For a reason."""
        reason, appointment_id = visit.form.text("reason"), visit.path_value("appointment")
        field = f"reason-{appointment_id}"
        if reason not in LISTS["APPOINTMENT_CANCELLATIONS"]:
            visit.errors.add(field, visit.say("Choose why."))
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        request = appointments.CancelAppointmentRequest(
            request_id=visit.form.request_id, appointment_id=appointment_id, reason=reason
        )
        method = visit.hub.appointments.CancelAppointment
        return await self._do(visit, method, request, field, "appointment-cancelled")

    async def came(self, visit: Visit) -> Response:
        """Whether the person came."""
        appointment_id = visit.path_value("appointment")
        answer = "ATTENDED" if visit.form.text("came") == "yes" else "NO_SHOW"
        request = appointments.RecordAttendanceRequest(
            request_id=visit.form.request_id,
            appointment_id=appointment_id,
            attendance=as_choice(appointments.Attendance, f"ATTENDANCE_{answer}"),
        )
        method = visit.hub.appointments.RecordAttendance
        return await self._do(visit, method, request, f"came-{appointment_id}", "came-noted")

    async def attempt(self, visit: Visit) -> Response:
        """A try to reach the person, whether or not it worked."""
        form, say = visit.form, visit.say
        for name, words in (
            ("channel", say("Choose how you tried.")),
            ("result", say("Choose what came of it.")),
        ):
            if not form.text(name):
                visit.errors.add(name, words)
        at = happened_typed(visit, "try")
        if visit.errors:
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        request = attempts.RecordContactAttemptRequest(
            request_id=form.request_id,
            by=attempts.ContactAttemptBy.CONTACT_ATTEMPT_BY_SENDER,
            channel=as_choice(beneficiary_pb2.Contact.Kind, f"KIND_{form.text('channel')}"),
            result=as_choice(attempts.ContactResult, f"CONTACT_RESULT_{form.text('result')}"),
        )
        if form.text("about"):
            request.referral_id = form.text("about")
        else:
            request.beneficiary_id = visit.path_value("person")
        if at is not None:
            request.happened_time.FromDatetime(at)
        method = visit.hub.attempts.RecordContactAttempt
        return await self._do(visit, method, request, "channel", "try-recorded")

    def _check_interpreter(self, visit: Visit) -> None:
        """Whoever is named has interpreted in some way, and whoever interpreted is known by something."""
        form = visit.form
        told = ("interpreter", "interpreter_signed", "interpreter_of_age")
        if not form.text("interpreter_mode") and any(form.text(name) for name in told):
            visit.errors.add("interpreter_mode", visit.say("Choose how the interpreter was there."))
        if form.text("interpreter_mode") and not form.text("interpreter"):
            known_by = visit.say("Write by which name or number the interpreter is known.")
            visit.errors.add("interpreter", known_by)

    def _time_to_come(self, visit: Visit, name: str, field: str = "") -> datetime | None:
        """What is to come needs its time.

        Args:
            field: where it is said that something is wrong, if not at the day's own name.
        """
        at = as_instant(visit.form.text(f"{name}_day"), visit.form.text(f"{name}_clock"))
        if at is None:
            visit.errors.add(field or f"{name}_day", visit.say("Type day and time as 31/12/2026 and 14:30."))
        return at.astimezone(UTC) if at is not None else None

    async def _do(self, visit: Visit, method: Any, request: Any, field: str, said: str) -> Response:
        try:
            await visit.ask(method, request)
        except _MENDED as error:
            self._tell(visit, field, error)
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        return visit.go(f"/desk/people/{visit.path_value('person')}/contacts", said)

    def _tell(self, visit: Visit, field: str, error: KemError) -> None:
        visit.errors.add(field, str(words_for(error, visit.language)))

    async def _page(self, visit: Visit, code: int = HTTPStatus.OK) -> Response:
        person_id, say, language = visit.path_value("person"), visit.say, visit.language
        hub = visit.hub

        def of(listed: str) -> dict[str, Any]:
            return {
                "beneficiary_id": person_id,
                "page_size": _EACH,
                "page_token": visit.query(listed)[:200],
            }

        known, needs, seen, booked, tried, directory = await asyncio.gather(
            visit.ask(hub.intake.GetBeneficiary, intake.GetBeneficiaryRequest(beneficiary_id=person_id)),
            needs_of(visit, person_id),
            visit.ask(hub.visits.ListVisits, visits.ListVisitsRequest(**of("visits"))),
            visit.ask(
                hub.appointments.ListAppointments,
                appointments.ListAppointmentsRequest(**of("appointments")),
            ),
            visit.ask(
                hub.attempts.ListContactAttempts,
                attempts.ListContactAttemptsRequest(**of("tries")),
            ),
            directory_of(visit, self._names),
        )
        agencies = by_name((one, directory.agency(one)) for one in directory.agencies)
        return visit.render(
            "desk/contacts.html",
            title=say("Visits, appointments and tries to reach"),
            code=code,
            person_id=person_id,
            sent_for=visit.request.path_params.get("appointment", ""),
            here=f"/desk/people/{person_id}/contacts",
            who=described(known, visit),
            appointments=[appointment_row(one, directory, say) for one in booked.appointments],
            visits=[_visit_row(one, language) for one in seen.visits],
            attempts=[_attempt_row(one, directory, say) for one in tried.contact_attempts],
            onward={
                "appointments": booked.next_page_token,
                "visits": seen.next_page_token,
                "tries": tried.next_page_token,
            },
            is_first={name: not visit.query(name) for name in ("appointments", "visits", "tries")},
            topics=choices(LISTS["VISIT_TOPICS"], language),
            spoken=[("", say("Choose a language")), *by_name(choices(LANGUAGES, language))],
            modes=[
                ("AT_DESK", say("At the desk")),
                ("BY_TELEPHONE", say("By telephone")),
                ("BY_VIDEO", say("By video")),
                ("OUTREACH", say("Outside, where the person is")),
            ],
            interpreter_modes=[
                ("", say("Nobody interpreted")),
                ("IN_PERSON", say("In the room")),
                ("TELEPHONE", say("By telephone")),
                ("VIDEO", say("By video")),
            ],
            agencies=[("", say("Choose an agency")), *agencies],
            referrals=[
                ("", say("None")),
                *((one.referral_id, _need_name(one, visit)) for one in needs if not _is_over(one)),
            ],
            cancellations=choices(LISTS["APPOINTMENT_CANCELLATIONS"], language, nothing=say("Choose why")),
            channels=_channels(say),
            results=[("REACHED", say("Reached")), ("NOT_REACHED", say("Not reached"))],
            today=datetime.now(UTC),
        )


def appointment_row(one: appointments.Appointment, directory: Directory, say: Any) -> dict[str, Any]:
    """An appointment as lists show it."""
    states = {
        "BOOKED": (say("Booked"), "blue"),
        "CANCELLED": (say("Cancelled"), "grey"),
        "ATTENDED": (say("Came"), "green"),
        "NO_SHOW": (say("Did not come"), "red"),
    }
    code = appointments.AppointmentState.Name(one.state).removeprefix("APPOINTMENT_STATE_")
    start = one.start_time.ToDatetime(tzinfo=UTC)
    return {
        "appointment_id": one.appointment_id,
        "person_id": one.beneficiary_id,
        "start": start,
        "with": directory.service(one.service_id) or directory.agency(one.with_agency_id),
        "place": one.place,
        "state": states.get(code, (code, "")),
        "is_booked": code == "BOOKED",
        "has_begun": start <= datetime.now(UTC),
        "reason": named(LISTS["APPOINTMENT_CANCELLATIONS"], one.cancel_reason, directory.language)
        if one.cancel_reason
        else "",
    }


def _visit_row(one: visits.RecordedVisit, language: str) -> dict[str, Any]:
    return {
        "time": one.happened_time.ToDatetime(tzinfo=UTC),
        "topics": ", ".join(named(LISTS["VISIT_TOPICS"], code, language) for code in one.visit.topics),
        "language": named(LANGUAGES, one.visit.spoken_language, language),
        "has_interpreter": one.visit.HasField("interpreter"),
    }


def _attempt_row(one: attempts.ContactAttempt, directory: Directory, say: Any) -> dict[str, Any]:
    kind = beneficiary_pb2.Contact.Kind.Name(one.channel).removeprefix("KIND_")
    return {
        "time": one.happened_time.ToDatetime(tzinfo=UTC),
        "by": directory.agency(one.agency_id),
        "channel": dict(_channels(say)).get(kind, kind),
        "is_safe": one.by_safe_channel,
        "is_reached": one.result == attempts.ContactResult.CONTACT_RESULT_REACHED,
    }


def _channels(say: Any) -> list[tuple[str, str]]:
    return [
        ("PHONE", say("Telephone")),
        ("EMAIL", say("E-mail")),
        ("TRUSTED_PERSON", say("Somebody the person trusts")),
    ]


def _is_over(need: Any) -> bool:
    return bool(need.HasField("withdrawn_time"))


def _need_name(need: Any, visit: Visit) -> str:
    return named(SERVICE_TYPES, need.service_type, visit.language)
