"""The door for drafts."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Database, Transaction
from kem.intake.v1 import draft_service_pb2 as messages
from kem.intake.v1 import draft_service_pb2_grpc
from kernel.ids import BeneficiaryId
from services.intake.adapters.draft_sealing import DraftSealer
from services.intake.adapters.keys import KeyProvider
from services.intake.adapters.postgres_drafts import PostgresDrafts
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.domain.draft import Draft
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.use_cases.read_drafts import discard_draft, get_draft, list_drafts
from services.intake.use_cases.save_draft import SaveDraft, save_draft

_SERVICE: Final = "/kem.intake.v1.DraftService"
SAVE: Final = f"{_SERVICE}/SaveDraft"
GET: Final = f"{_SERVICE}/GetDraft"
DISCARD: Final = f"{_SERVICE}/DiscardDraft"

_Context = grpc.aio.ServicerContext


class DraftServer(draft_service_pb2_grpc.DraftServiceServicer):
    """kem.intake.v1.DraftService."""

    def __init__(self, database: Database, keys: KeyProvider, needs: PostgresNeeds) -> None:
        self._database, self._drafts, self._needs = database, PostgresDrafts(DraftSealer(keys)), needs

    async def SaveDraft(
        self,
        request: messages.SaveDraftRequest,
        context: _Context[messages.SaveDraftRequest, messages.SaveDraftResponse],
    ) -> messages.SaveDraftResponse:
        person = request.beneficiary_id
        command = SaveDraft(
            UUID(request.draft_id),
            request.kind,
            request.content,
            BeneficiaryId(UUID(person)) if person else None,
            request.expected_revision if request.HasField("expected_revision") else None,
        )

        async def act(tx: Transaction) -> messages.SaveDraftResponse:
            saved = await save_draft(command, tx, self._drafts, self._needs)
            return messages.SaveDraftResponse(
                revision=saved.revision,
                saved_time=timestamp(saved.saved_time),
                expires_time=timestamp(saved.expires_time),
            )

        about = [command.beneficiary_id] if command.beneficiary_id else [command.draft_id]
        return await answer_on_record(self._database, SAVE, request, messages.SaveDraftResponse, act, about)

    async def GetDraft(
        self,
        request: messages.GetDraftRequest,
        context: _Context[messages.GetDraftRequest, messages.GetDraftResponse],
    ) -> messages.GetDraftResponse:
        caller, draft_id = current_caller(), UUID(request.draft_id)
        async with (
            refusals_on_record(self._database, caller, GET, [draft_id]),
            self._database.transaction(caller) as tx,
        ):
            draft, content = await get_draft(draft_id, GET, tx, self._drafts)
        return messages.GetDraftResponse(draft=_entry(draft), content=content)

    async def ListDrafts(
        self,
        request: messages.ListDraftsRequest,
        context: _Context[messages.ListDraftsRequest, messages.ListDraftsResponse],
    ) -> messages.ListDraftsResponse:
        async with self._database.transaction(current_caller()) as tx:
            drafts = await list_drafts(tx, self._drafts)
        return messages.ListDraftsResponse(drafts=[_entry(draft) for draft in drafts])

    async def DiscardDraft(
        self,
        request: messages.DiscardDraftRequest,
        context: _Context[messages.DiscardDraftRequest, messages.DiscardDraftResponse],
    ) -> messages.DiscardDraftResponse:
        draft_id = UUID(request.draft_id)

        async def act(tx: Transaction) -> messages.DiscardDraftResponse:
            discarded_time = await discard_draft(draft_id, tx, self._drafts)
            return messages.DiscardDraftResponse(discarded_time=timestamp(discarded_time))

        return await answer_on_record(
            self._database, DISCARD, request, messages.DiscardDraftResponse, act, [draft_id]
        )


def _entry(draft: Draft) -> messages.DraftEntry:
    return messages.DraftEntry(
        draft_id=str(draft.draft_id),
        kind=draft.kind,
        beneficiary_id=str(draft.beneficiary_id) if draft.beneficiary_id else None,
        revision=draft.revision,
        begun_time=timestamp(draft.begun_time),
        saved_time=timestamp(draft.saved_time),
        expires_time=timestamp(draft.expires_time),
    )
