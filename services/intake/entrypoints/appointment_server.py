"""The door for appointments."""

from datetime import date
from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import instant_from, timestamp
from chassis.postgres import Transaction
from kem.intake.v1 import appointment_service_pb2 as messages
from kem.intake.v1 import appointment_service_pb2_grpc
from kernel.errors import Invalid
from kernel.ids import AgencyId, BeneficiaryId, ReferralId, ServiceId
from services.intake.adapters.postgres_appointments import PostgresAppointments
from services.intake.domain.appointment import Appointment
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.book_appointment import AppointmentParts, BookAppointment, book_appointment
from services.intake.use_cases.cancel_appointment import CancelAppointment, cancel_appointment
from services.intake.use_cases.list_appointments import ListAppointments, list_appointments
from services.intake.use_cases.move_appointment import MoveAppointment, move_appointment
from services.intake.use_cases.record_attendance import RecordAttendance, record_attendance

_SERVICE: Final = "/kem.intake.v1.AppointmentService"
BOOK: Final = f"{_SERVICE}/BookAppointment"
MOVE: Final = f"{_SERVICE}/MoveAppointment"
CANCEL: Final = f"{_SERVICE}/CancelAppointment"
ATTEND: Final = f"{_SERVICE}/RecordAttendance"
LIST: Final = f"{_SERVICE}/ListAppointments"
_YEARS: Final = range(2000, 2200)
"""In which appointments are looked for; the day behind the last one of all there are is none."""

_Context = grpc.aio.ServicerContext


class AppointmentServer(appointment_service_pb2_grpc.AppointmentServiceServicer):
    """kem.intake.v1.AppointmentService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._database = parts.database
        self._parts = AppointmentParts(parts.people, PostgresAppointments(), parts.vault)

    async def BookAppointment(
        self,
        request: messages.BookAppointmentRequest,
        context: _Context[messages.BookAppointmentRequest, messages.BookAppointmentResponse],
    ) -> messages.BookAppointmentResponse:
        command = BookAppointment(
            BeneficiaryId(UUID(request.beneficiary_id)),
            ReferralId(UUID(request.referral_id)) if request.referral_id else None,
            AgencyId(UUID(request.with_agency_id)),
            ServiceId(UUID(request.service_id)) if request.service_id else None,
            instant_from(request.start_time, "start_time"),
            request.place,
        )

        async def act(tx: Transaction) -> messages.BookAppointmentResponse:
            booked = await book_appointment(command, tx, self._parts)
            return messages.BookAppointmentResponse(
                appointment_id=str(booked.appointment_id), booked_time=timestamp(booked.booked_time)
            )

        return await answer_on_record(
            self._database, BOOK, request, messages.BookAppointmentResponse, act, [command.beneficiary_id]
        )

    async def MoveAppointment(
        self,
        request: messages.MoveAppointmentRequest,
        context: _Context[messages.MoveAppointmentRequest, messages.MoveAppointmentResponse],
    ) -> messages.MoveAppointmentResponse:
        command = MoveAppointment(
            UUID(request.appointment_id),
            instant_from(request.start_time, "start_time"),
            request.place if request.HasField("place") else None,
        )

        async def act(tx: Transaction) -> messages.MoveAppointmentResponse:
            return messages.MoveAppointmentResponse(
                changed_time=timestamp(await move_appointment(command, tx, self._parts))
            )

        return await answer_on_record(
            self._database, MOVE, request, messages.MoveAppointmentResponse, act, [command.appointment_id]
        )

    async def CancelAppointment(
        self,
        request: messages.CancelAppointmentRequest,
        context: _Context[messages.CancelAppointmentRequest, messages.CancelAppointmentResponse],
    ) -> messages.CancelAppointmentResponse:
        command = CancelAppointment(UUID(request.appointment_id), request.reason)

        async def act(tx: Transaction) -> messages.CancelAppointmentResponse:
            return messages.CancelAppointmentResponse(
                changed_time=timestamp(await cancel_appointment(command, tx, self._parts))
            )

        return await answer_on_record(
            self._database, CANCEL, request, messages.CancelAppointmentResponse, act, [command.appointment_id]
        )

    async def RecordAttendance(
        self,
        request: messages.RecordAttendanceRequest,
        context: _Context[messages.RecordAttendanceRequest, messages.RecordAttendanceResponse],
    ) -> messages.RecordAttendanceResponse:
        has_come = request.attendance == messages.ATTENDANCE_ATTENDED
        command = RecordAttendance(UUID(request.appointment_id), has_come)

        async def act(tx: Transaction) -> messages.RecordAttendanceResponse:
            return messages.RecordAttendanceResponse(
                changed_time=timestamp(await record_attendance(command, tx, self._parts))
            )

        return await answer_on_record(
            self._database, ATTEND, request, messages.RecordAttendanceResponse, act, [command.appointment_id]
        )

    async def ListAppointments(
        self,
        request: messages.ListAppointmentsRequest,
        context: _Context[messages.ListAppointmentsRequest, messages.ListAppointmentsResponse],
    ) -> messages.ListAppointmentsResponse:
        caller = current_caller()
        is_of_person = request.WhichOneof("which") == "beneficiary_id"
        command = ListAppointments(
            BeneficiaryId(UUID(request.beneficiary_id)) if is_of_person else _day_from(request.day),
            request.booked_by_me,
            request.page_size,
            place_from(request.page_token),
        )
        about = [UUID(request.beneficiary_id)] if is_of_person else []
        async with (
            refusals_on_record(self._database, caller, LIST, about),
            self._database.transaction(caller) as tx,
        ):
            page = await list_appointments(command, LIST, tx, self._parts)
        return messages.ListAppointmentsResponse(
            appointments=[_message(*one) for one in page.appointments],
            next_page_token=page_token(page.next_place),
        )


def _day_from(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.year not in _YEARS:
        raise Invalid("No calendar of ours has this day.", reason="DATE_INVALID", field="day")
    return day


def _message(appointment: Appointment, place: str) -> messages.Appointment:
    return messages.Appointment(
        appointment_id=str(appointment.appointment_id),
        beneficiary_id=str(appointment.beneficiary_id),
        referral_id=str(appointment.referral_id) if appointment.referral_id else None,
        with_agency_id=str(appointment.with_agency_id),
        service_id=str(appointment.service_id) if appointment.service_id else None,
        start_time=timestamp(appointment.start_time),
        state=messages.AppointmentState.Value(f"APPOINTMENT_STATE_{appointment.state}"),
        cancel_reason=appointment.cancel_reason or "",
        booked_time=timestamp(appointment.booked_time),
        changed_time=timestamp(appointment.changed_time) if appointment.changed_time else None,
        place=place,
    )
