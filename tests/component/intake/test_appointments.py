"""Appointments through the real door: booked, moved, cancelled, attended; of a person and of a day."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import grpc
import pytest

from kem.intake.v1 import appointment_service_pb2 as messages
from kem.intake.v1 import need_pb2
from kem.intake.v1.appointment_service_pb2_grpc import AppointmentServiceStub
from tests.component.intake.desk import Desk, at
from tests.component.intake.office import AnyOffice
from tests.support.intake import RunningIntake
from tests.support.refusals import refused

ATHENS = ZoneInfo("Europe/Athens")
PLACE = "Invented street 7, second floor"
LONG_AGO = datetime(2026, 1, 7, 9, tzinfo=UTC)
BOOKED, CANCELLED = messages.APPOINTMENT_STATE_BOOKED, messages.APPOINTMENT_STATE_CANCELLED


class Office(AnyOffice):
    """Where appointments are booked."""

    stub = AppointmentServiceStub

    async def book(self, person: str, start: datetime = LONG_AGO, **changes: Any) -> str:
        who = {"principal_id": changes.pop("principal_id")} if "principal_id" in changes else {}
        fields: dict[str, Any] = {"with_agency_id": str(self.desk.agency_id), "place": PLACE} | changes
        request = messages.BookAppointmentRequest(
            request_id=str(uuid4()), beneficiary_id=person, start_time=at(start), **fields
        )
        answer: messages.BookAppointmentResponse = await self.ask("BookAppointment", request, **who)
        return answer.appointment_id

    async def change(self, method: str, appointment: str, **fields: Any) -> None:
        request = getattr(messages, f"{method}Request")(
            request_id=str(uuid4()), appointment_id=appointment, **fields
        )
        await self.ask(method, request)

    async def of_person(self, person: str, **fields: Any) -> list[messages.Appointment]:
        request = messages.ListAppointmentsRequest(beneficiary_id=person, **fields)
        return list((await self.ask("ListAppointments", request)).appointments)

    async def of_day(self, day: str, *roles: str, **fields: Any) -> list[messages.Appointment]:
        who = {"principal_id": fields.pop("principal_id")} if "principal_id" in fields else {}
        request = messages.ListAppointmentsRequest(day=day, **fields)
        return list((await self.ask("ListAppointments", request, *roles, **who)).appointments)


@pytest.fixture
def office(intake: RunningIntake, desk: Desk) -> Office:
    return Office(intake, desk)


async def test_what_becomes_of_an_appointment_is_shown_and_each_step_stays_on_record(office: Office) -> None:
    person = await office.desk.person()
    need = await office.desk.need(person, routing=need_pb2.ROUTING_HOLD)
    service = str(uuid4())
    booked = await office.book(person, referral_id=need.referral_id, service_id=service)
    [one] = await office.of_person(person)
    assert (one.appointment_id, one.referral_id, one.service_id) == (booked, need.referral_id, service)
    assert (one.with_agency_id, one.place, one.state) == (str(office.desk.agency_id), PLACE, BOOKED)
    assert not one.HasField("changed_time")
    await office.change("MoveAppointment", booked, start_time=at(LONG_AGO + timedelta(days=1)))
    [one] = await office.of_person(person)
    assert (one.start_time.ToDatetime(tzinfo=UTC), one.place) == (LONG_AGO + timedelta(days=1), PLACE)
    await office.change("MoveAppointment", booked, start_time=at(LONG_AGO), place="Elsewhere")
    await office.change("RecordAttendance", booked, attendance=messages.ATTENDANCE_NO_SHOW)
    [one] = await office.of_person(person)
    assert (one.place, one.state) == ("Elsewhere", messages.APPOINTMENT_STATE_NO_SHOW)
    steps = office.intake.database.execute(
        "select state from intake.appointment_change order by sequence"
    ).split()
    assert steps == ["BOOKED", "BOOKED", "BOOKED", "NO_SHOW"]
    stored = office.intake.database.execute("select t::text from intake.appointment as t")
    assert "Elsewhere" not in stored


async def test_what_has_ended_is_not_changed_and_nobody_has_come_before_it_begins(office: Office) -> None:
    person = await office.desk.person()
    cancelled, coming = await office.book(person), await office.book(person, datetime.now(UTC) + timedelta(1))
    await office.change("CancelAppointment", cancelled, reason="NO_INTERPRETER")
    [later, earlier] = await office.of_person(person)
    assert (later.state, earlier.state, earlier.cancel_reason) == (BOOKED, CANCELLED, "NO_INTERPRETER")
    changes: list[tuple[str, dict[str, Any]]] = [
        ("CancelAppointment", {"reason": "NO_INTERPRETER"}),
        ("MoveAppointment", {"start_time": at(LONG_AGO)}),
        ("RecordAttendance", {"attendance": messages.ATTENDANCE_ATTENDED}),
    ]
    for method, fields in changes:
        with refused() as refusal:
            await office.change(method, cancelled, **fields)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "APPOINTMENT_ENDED")
    with refused() as refusal:
        await office.change("RecordAttendance", coming, attendance=messages.ATTENDANCE_ATTENDED)
    assert refusal.reason == "APPOINTMENT_NOT_BEGUN"
    with refused() as refusal:
        await office.change("CancelAppointment", coming, reason="ILL")
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "UNKNOWN_CODE")


async def test_an_appointment_belongs_to_no_other_persons_referral(office: Office) -> None:
    person, other = await office.desk.person(), await office.desk.person()
    need = await office.desk.need(other, routing=need_pb2.ROUTING_HOLD)
    for referral_id in (need.referral_id, str(uuid4())):
        with refused() as refusal:
            await office.book(person, referral_id=referral_id)
        assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "REFERRAL_NOT_FOUND")


async def test_a_days_list_has_ids_and_times_of_the_agencys_people_by_the_calendar_of_athens(
    office: Office,
) -> None:
    person, mine = await office.desk.person(), uuid4()
    # the day on which clocks go forward has 23 hours
    first = await office.book(person, datetime(2026, 3, 29, 0, 5, tzinfo=ATHENS))
    last = await office.book(person, datetime(2026, 3, 29, 23, 55, tzinfo=ATHENS), principal_id=mine)
    await office.book(person, datetime(2026, 3, 30, 0, 5, tzinfo=ATHENS))
    await office.book(person, datetime(2026, 3, 28, 23, 55, tzinfo=ATHENS))
    found = await office.of_day("2026-03-29")
    assert [(one.appointment_id, one.beneficiary_id, one.place) for one in found] == [
        (first, person, ""),
        (last, person, ""),
    ]
    own = await office.of_day("2026-03-29", principal_id=mine, booked_by_me=True)
    assert [one.appointment_id for one in own] == [last]
    page = await office.ask(
        "ListAppointments", messages.ListAppointmentsRequest(day="2026-03-29", page_size=1)
    )
    rest = await office.of_day("2026-03-29", page_token=page.next_page_token)
    assert [one.appointment_id for one in (*page.appointments, *rest)] == [first, last]
    elsewhere = await office.ask(
        "ListAppointments", messages.ListAppointmentsRequest(day="2026-03-29"), agency_id=uuid4()
    )
    assert not elsewhere.appointments
    for wrong in ("2026-02-30", "9999-12-31", "0001-01-01"):
        with refused() as refusal:
            await office.of_day(wrong)
        assert refusal.reason == "DATE_INVALID"


async def test_a_days_list_tells_of_restricted_people_to_protection_staff_and_whoever_booked(
    office: Office,
) -> None:
    person, booker = await office.desk.person(), uuid4()
    await office.desk.need(person, service_type="GBV_SHELTER", routing=need_pb2.ROUTING_ASK_FIRST)
    booked = await office.book(person, principal_id=booker)

    async def seen(*roles: str, principal_id: UUID | None = None) -> list[str]:
        found = await office.of_day("2026-01-07", *roles, principal_id=principal_id or uuid4())
        return [one.appointment_id for one in found]

    assert await seen("caseworker") == await seen("supervisor") == []
    assert await seen("caseworker", principal_id=booker) == [booked]
    assert await seen("gbv_focal_point") == [booked]
