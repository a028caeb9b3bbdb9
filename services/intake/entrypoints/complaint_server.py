"""The door for complaints."""

from datetime import datetime
from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import instant_from, optional_instant_from, timestamp
from chassis.postgres import Transaction
from kem.disclosure.v1 import complaint_service_pb2 as messages
from kem.disclosure.v1 import complaint_service_pb2_grpc
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.adapters.postgres_complaints import PostgresComplaints
from services.intake.adapters.postgres_rights_requests import RequestsView
from services.intake.domain.complaint import Complaint, ComplaintFinding, ComplaintKind
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.answer_complaint import AnswerComplaint, answer_complaint
from services.intake.use_cases.get_complaint import get_complaint
from services.intake.use_cases.list_complaints import list_complaints
from services.intake.use_cases.register_complaint import RegisterComplaint, register_complaint

_SERVICE: Final = "/kem.disclosure.v1.ComplaintService"
REGISTER: Final = f"{_SERVICE}/RegisterComplaint"
ANSWER: Final = f"{_SERVICE}/AnswerComplaint"
LIST: Final = f"{_SERVICE}/ListComplaints"
GET: Final = f"{_SERVICE}/GetComplaint"
_VIEWS: Final = {
    messages.COMPLAINT_VIEW_UNSPECIFIED: RequestsView.OPEN,
    messages.COMPLAINT_VIEW_OVERDUE: RequestsView.OVERDUE,
    messages.COMPLAINT_VIEW_ALL: RequestsView.ALL,
}

_Context = grpc.aio.ServicerContext


class ComplaintServer(complaint_service_pb2_grpc.ComplaintServiceServicer):
    """kem.disclosure.v1.ComplaintService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts, self._complaints = parts, PostgresComplaints()

    async def RegisterComplaint(
        self,
        request: messages.RegisterComplaintRequest,
        context: _Context[messages.RegisterComplaintRequest, messages.RegisterComplaintResponse],
    ) -> messages.RegisterComplaintResponse:
        parts, accused, person = self._parts, request.accused_agency_id, request.beneficiary_id
        command = RegisterComplaint(
            UUID(request.request_id),
            ComplaintKind(messages.ComplaintKind.Name(request.kind).removeprefix("COMPLAINT_KIND_")),
            AgencyId(UUID(accused)) if accused else None,
            BeneficiaryId(UUID(person)) if person else None,
            request.words,
            instant_from(request.received_time, "received_time"),
        )

        async def act(tx: Transaction) -> messages.RegisterComplaintResponse:
            kept = await register_complaint(command, tx, parts.people, self._complaints, parts.vault)
            return messages.RegisterComplaintResponse(
                complaint_id=str(kept.complaint_id),
                registered_time=timestamp(kept.registered_time),
                due_time=timestamp(kept.due_time),
            )

        about = [command.beneficiary_id] if command.beneficiary_id else []
        return await answer_on_record(
            parts.database, REGISTER, request, messages.RegisterComplaintResponse, act, about
        )

    async def AnswerComplaint(
        self,
        request: messages.AnswerComplaintRequest,
        context: _Context[messages.AnswerComplaintRequest, messages.AnswerComplaintResponse],
    ) -> messages.AnswerComplaintResponse:
        parts = self._parts
        finding = messages.ComplaintFinding.Name(request.finding).removeprefix("COMPLAINT_FINDING_")
        command = AnswerComplaint(
            UUID(request.request_id),
            UUID(request.complaint_id),
            ComplaintFinding(finding),
            request.words,
            optional_instant_from(request, "person_told_time"),
        )

        async def act(tx: Transaction) -> messages.AnswerComplaintResponse:
            answered_time = await answer_complaint(command, tx, self._complaints, parts.vault)
            return messages.AnswerComplaintResponse(answered_time=timestamp(answered_time))

        return await answer_on_record(
            parts.database,
            ANSWER,
            request,
            messages.AnswerComplaintResponse,
            act,
            [command.complaint_id],
        )

    async def ListComplaints(
        self,
        request: messages.ListComplaintsRequest,
        context: _Context[messages.ListComplaintsRequest, messages.ListComplaintsResponse],
    ) -> messages.ListComplaintsResponse:
        parts, after = self._parts, place_from(request.page_token)
        async with parts.database.transaction(current_caller()) as tx:
            page = await list_complaints(
                request.page_size, _VIEWS[request.view], after, LIST, tx, self._complaints, parts.vault
            )
        return messages.ListComplaintsResponse(
            complaints=[_message(*one, page.now) for one in page.complaints],
            next_page_token=page_token(page.next_after),
        )

    async def GetComplaint(
        self,
        request: messages.GetComplaintRequest,
        context: _Context[messages.GetComplaintRequest, messages.GetComplaintResponse],
    ) -> messages.GetComplaintResponse:
        parts, caller, wanted = self._parts, current_caller(), UUID(request.complaint_id)
        async with (
            refusals_on_record(parts.database, caller, GET, [wanted]),
            parts.database.transaction(caller) as tx,
        ):
            found = await get_complaint(wanted, GET, tx, self._complaints, parts.vault)
        return messages.GetComplaintResponse(complaint=_message(*found))


def _message(complaint: Complaint, words: str, answer_words: str, now: datetime) -> messages.Complaint:
    message = messages.Complaint(
        complaint_id=str(complaint.complaint_id),
        kind=messages.ComplaintKind.Value(f"COMPLAINT_KIND_{complaint.kind}"),
        anonymous=complaint.beneficiary_id is None,
        words=words,
        received_time=timestamp(complaint.received_time),
        due_time=timestamp(complaint.due_time),
        overdue=complaint.is_overdue(now),
        answer_words=answer_words,
    )
    if complaint.accused_agency_id is not None:
        message.accused_agency_id = str(complaint.accused_agency_id)
    if complaint.registered_by_agency_id is not None:
        message.registered_by_agency_id = str(complaint.registered_by_agency_id)
    if (answer := complaint.answer) is not None:
        message.finding = messages.ComplaintFinding.Value(f"COMPLAINT_FINDING_{answer.finding}")
        message.answered_time.FromDatetime(answer.answered_time)
        if answer.person_told_time is not None:
            message.person_told_time.FromDatetime(answer.person_told_time)
    return message
