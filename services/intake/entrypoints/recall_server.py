"""The door for what is asked back from agencies."""

from datetime import datetime
from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Transaction
from kem.disclosure.v1 import recall_service_pb2 as messages
from kem.disclosure.v1 import recall_service_pb2_grpc
from kernel import codes
from services.intake.domain.recall import Acknowledgement, Recall, RecalledDisclosure
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.acknowledge_recall import AcknowledgeRecall, acknowledge_recall
from services.intake.use_cases.list_recalled_disclosures import list_recalled_disclosures
from services.intake.use_cases.list_recalls import RecallFilter, RecallView, list_recalls

_SERVICE: Final = "/kem.disclosure.v1.RecallService"
LIST: Final = f"{_SERVICE}/ListRecalls"
LIST_DISCLOSURES: Final = f"{_SERVICE}/ListRecalledDisclosures"
ACKNOWLEDGE: Final = f"{_SERVICE}/AcknowledgeRecall"

_Context = grpc.aio.ServicerContext


class RecallServer(recall_service_pb2_grpc.RecallServiceServicer):
    """kem.disclosure.v1.RecallService."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts = parts

    async def ListRecalls(
        self,
        request: messages.ListRecallsRequest,
        context: _Context[messages.ListRecallsRequest, messages.ListRecallsResponse],
    ) -> messages.ListRecallsResponse:
        parts, after = self._parts, place_from(request.page_token)
        view = RecallView(messages.RecallView.Name(request.view).removeprefix("RECALL_VIEW_"))
        only = RecallFilter(messages.RecallFilter.Name(request.filter).removeprefix("RECALL_FILTER_"))
        async with parts.database.transaction(current_caller()) as tx:
            page = await list_recalls(
                view, only, request.page_size, after, LIST, tx, parts.recalls, parts.vault
            )
        return messages.ListRecallsResponse(
            recalls=[recall_message(one, words, view, page.now) for one, words in page.recalls],
            next_page_token=page_token(page.next_after),
        )

    async def ListRecalledDisclosures(
        self,
        request: messages.ListRecalledDisclosuresRequest,
        context: _Context[messages.ListRecalledDisclosuresRequest, messages.ListRecalledDisclosuresResponse],
    ) -> messages.ListRecalledDisclosuresResponse:
        parts, caller, recall_id = self._parts, current_caller(), UUID(request.recall_id)
        after = place_from(request.page_token)
        async with (
            refusals_on_record(parts.database, caller, LIST_DISCLOSURES, [recall_id]),
            parts.database.transaction(caller) as tx,
        ):
            shown, next_after = await list_recalled_disclosures(
                recall_id, request.page_size, after, LIST_DISCLOSURES, tx, parts.recalls
            )
        return messages.ListRecalledDisclosuresResponse(
            disclosures=map(_disclosure_message, shown), next_page_token=page_token(next_after)
        )

    async def AcknowledgeRecall(
        self,
        request: messages.AcknowledgeRecallRequest,
        context: _Context[messages.AcknowledgeRecallRequest, messages.AcknowledgeRecallResponse],
    ) -> messages.AcknowledgeRecallResponse:
        parts = self._parts
        answer = Acknowledgement(
            codes.mask(request.destroyed_categories),
            codes.mask(request.kept_categories),
            request.kept_ground,
        )
        command = AcknowledgeRecall(UUID(request.request_id), UUID(request.recall_id), answer, request.words)

        async def act(tx: Transaction) -> messages.AcknowledgeRecallResponse:
            acknowledged_time = await acknowledge_recall(command, tx, parts.recalls, parts.vault)
            return messages.AcknowledgeRecallResponse(acknowledged_time=timestamp(acknowledged_time))

        return await answer_on_record(
            parts.database,
            ACKNOWLEDGE,
            request,
            messages.AcknowledgeRecallResponse,
            act,
            [command.recall_id],
        )


def recall_message(recall: Recall, words: str, view: RecallView, now: datetime) -> messages.Recall:
    """As that side sees it: who was given something learns no more of the person than the referral."""
    message = messages.Recall(
        recall_id=str(recall.recall_id),
        referral_id=str(recall.referral_id),
        agency_id=str(recall.agency_id),
        beneficiary_id=str(recall.beneficiary_id) if view is RecallView.SENT else "",
        cause=messages.RecallCause.Value(
            f"RECALL_CAUSE_{recall.cause if view is RecallView.SENT else recall.cause_told}"
        ),
        opened_time=timestamp(recall.opened_time),
        due_time=timestamp(recall.due_time),
        overdue=recall.is_overdue(now),
        disclosure_count=recall.disclosure_count,
        recalled_categories=codes.categories_in(recall.recalled_mask),
        disclosures=map(_disclosure_message, recall.disclosures),
    )
    answer = recall.acknowledgement
    if answer is not None and recall.acknowledged_time is not None:
        message.acknowledgement.CopyFrom(
            messages.RecallAcknowledgement(
                acknowledged_time=timestamp(recall.acknowledged_time),
                destroyed_categories=codes.categories_in(answer.destroyed_mask),
                kept_categories=codes.categories_in(answer.kept_mask),
                kept_ground=answer.kept_ground,
                words=words,
            )
        )
    return message


def _disclosure_message(one: RecalledDisclosure) -> messages.RecalledDisclosure:
    return messages.RecalledDisclosure(
        disclosure_id=str(one.disclosure_id),
        disclosed_time=timestamp(one.disclosed_time),
        categories=codes.categories_in(one.mask),
        in_between=one.is_in_between,
    )
