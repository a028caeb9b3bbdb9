"""The door for visits."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import optional_instant_from, timestamp
from chassis.postgres import Transaction
from kem.intake.v1 import consent_pb2, visit_service_pb2_grpc
from kem.intake.v1 import visit_service_pb2 as messages
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_visits import PostgresVisits
from services.intake.domain.consent import Interpreter
from services.intake.domain.visit import RecordedVisit, Visit, VisitMode
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.enums import by_number
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.entrypoints.translate_consent import INTERPRETER_MODES, interpreter_from
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.list_visits import list_visits
from services.intake.use_cases.record_visit import RecordVisit, record_visit

_SERVICE: Final = "/kem.intake.v1.VisitService"
RECORD: Final = f"{_SERVICE}/RecordVisit"
LIST: Final = f"{_SERVICE}/ListVisits"
_MODES: Final = by_number(messages.VisitMode, "VISIT_MODE_", VisitMode)

_Context = grpc.aio.ServicerContext


class VisitServer(visit_service_pb2_grpc.VisitServiceServicer):
    """kem.intake.v1.VisitService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts, self._visits = parts, PostgresVisits(parts.vault)

    async def RecordVisit(
        self,
        request: messages.RecordVisitRequest,
        context: _Context[messages.RecordVisitRequest, messages.RecordVisitResponse],
    ) -> messages.RecordVisitResponse:
        parts = self._parts
        command = RecordVisit(
            BeneficiaryId(UUID(request.beneficiary_id)),
            _visit_from(request.visit),
            optional_instant_from(request, "happened_time"),
        )

        async def act(tx: Transaction) -> messages.RecordVisitResponse:
            recorded = await record_visit(command, tx, parts.people, self._visits)
            return messages.RecordVisitResponse(
                visit_id=str(recorded.visit_id), recorded_time=timestamp(recorded.recorded_time)
            )

        return await answer_on_record(
            parts.database, RECORD, request, messages.RecordVisitResponse, act, [command.beneficiary_id]
        )

    async def ListVisits(
        self,
        request: messages.ListVisitsRequest,
        context: _Context[messages.ListVisitsRequest, messages.ListVisitsResponse],
    ) -> messages.ListVisitsResponse:
        parts, caller, before = self._parts, current_caller(), place_from(request.page_token)
        person = BeneficiaryId(UUID(request.beneficiary_id))
        async with (
            refusals_on_record(parts.database, caller, LIST, [person]),
            parts.database.transaction(caller) as tx,
        ):
            page = await list_visits(person, request.page_size, before, LIST, tx, parts.people, self._visits)
        return messages.ListVisitsResponse(
            visits=[_recorded_message(visit) for visit in page.visits],
            next_page_token=page_token(page.next_before),
        )


def _visit_from(message: messages.Visit) -> Visit:
    interpreter = interpreter_from(message.interpreter) if message.HasField("interpreter") else None
    return Visit(tuple(message.topics), message.spoken_language, _MODES[message.mode], interpreter)


def _recorded_message(recorded: RecordedVisit) -> messages.RecordedVisit:
    return messages.RecordedVisit(
        visit_id=str(recorded.visit_id),
        beneficiary_id=str(recorded.beneficiary_id),
        happened_time=timestamp(recorded.happened_time),
        recorded_time=timestamp(recorded.recorded_time),
        visit=_visit_message(recorded.visit) if recorded.visit else None,
    )


def _visit_message(visit: Visit) -> messages.Visit:
    return messages.Visit(
        topics=visit.topics,
        spoken_language=visit.spoken_language,
        mode=messages.VisitMode.Value(f"VISIT_MODE_{visit.mode}"),
        interpreter=_interpreter_message(visit.interpreter) if visit.interpreter else None,
    )


def _interpreter_message(interpreter: Interpreter) -> consent_pb2.Interpreter:
    return consent_pb2.Interpreter(
        reference=interpreter.reference,
        mode=next(number for number, mode in INTERPRETER_MODES.items() if mode is interpreter.mode),
        confidentiality_signed=interpreter.has_signed_confidentiality,
        related=interpreter.is_related,
        of_full_age=interpreter.is_of_full_age,
    )
