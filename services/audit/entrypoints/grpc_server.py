"""The ledger's door. Whoever reads entries is in the ledger themselves."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import grpc

from chassis.access_records import AccessRecord
from chassis.current import current_caller
from chassis.instants import optional_instant_from, timestamp
from chassis.postgres import Database, Transaction
from kem.audit.v1 import audit_service_pb2 as messages
from kem.audit.v1 import audit_service_pb2_grpc
from kernel.errors import Unavailable
from services.audit.adapters.postgres_checkpoints import PostgresCheckpoints
from services.audit.adapters.postgres_entries import FoundEntry, PostgresEntries, Wanted
from services.audit.domain.questions.catalogue import QUESTIONS
from services.audit.domain.trace import OF_A_PERSON, OF_A_REFERRAL, STAGES, Follow, Stage
from services.audit.entrypoints.translate_answers import answer_message, question_messages
from services.audit.use_cases.answer_question import MOST_LINES, Ask, answer_question
from services.audit.use_cases.prove import (
    find_checkpoint,
    prove_consistency,
    prove_inclusion,
    prove_those_covered,
)
from services.audit.use_cases.trace import trace

SERVICE: Final = "audit"
DEFAULT_PAGE: Final = 50
STREAM_PAGE: Final = 500
TRACE_PAGE: Final = 500
CHECKPOINT_PAGE: Final = 1000
LOOK_SECONDS: Final = 0.5
SIGN_OF_LIFE_SECONDS: Final = 20.0
LONGEST_STREAM_SECONDS: Final = 3600.0
_METHOD: Final = "/kem.audit.v1.AuditService/"

_Context = grpc.aio.ServicerContext


class AuditServer(audit_service_pb2_grpc.AuditServiceServicer):
    """kem.audit.v1.AuditService."""

    def __init__(
        self, database: Database, entries: PostgresEntries, checkpoints: PostgresCheckpoints
    ) -> None:
        self._database = database
        self._entries = entries
        self._checkpoints = checkpoints
        self._answering = asyncio.Lock()

    async def ListEntries(
        self, request: messages.ListEntriesRequest, context: _Context[object, object]
    ) -> messages.ListEntriesResponse:
        """A page of what is asked for."""
        limit = request.page_size or DEFAULT_PAGE
        wanted = _wanted(request)
        async with self._database.transaction(current_caller()) as tx:
            found = await self._entries.page(tx, wanted, limit + 1)
            size = await self._entries.size(tx)
            named = (wanted.subject_id, wanted.actor_id, *(wanted.subject_ids or ()))
            subjects = [one for one in named if one]
            _on_record(tx, "ListEntries", subjects, len(found[:limit]))
        return messages.ListEntriesResponse(
            entries=map(_entry, found[:limit]),
            next_after_index=found[limit - 1].index if len(found) > limit else None,
            size=size,
        )

    async def TraceReferral(
        self, request: messages.TraceReferralRequest, context: _Context[object, object]
    ) -> messages.TraceReferralResponse:
        """A page of a referral's history."""
        subject_id = UUID(request.referral_id)
        traced, next_after = await self._trace("TraceReferral", subject_id, OF_A_REFERRAL, request)
        return messages.TraceReferralResponse(entries=traced, next_after_index=next_after)

    async def TraceBeneficiary(
        self, request: messages.TraceBeneficiaryRequest, context: _Context[object, object]
    ) -> messages.TraceBeneficiaryResponse:
        """A page of a person's history."""
        subject_id = UUID(request.beneficiary_id)
        traced, next_after = await self._trace("TraceBeneficiary", subject_id, OF_A_PERSON, request)
        return messages.TraceBeneficiaryResponse(entries=traced, next_after_index=next_after)

    async def _trace(
        self,
        name: str,
        subject_id: UUID,
        follow: Follow,
        request: messages.TraceReferralRequest | messages.TraceBeneficiaryRequest,
    ) -> tuple[list[messages.TracedEntry], int | None]:
        after = request.after_index if request.HasField("after_index") else None
        limit = request.page_size or TRACE_PAGE
        async with self._database.transaction(current_caller()) as tx:
            found = await trace(subject_id, follow, after, limit + 1, tx, self._entries)
            page = found[:limit]
            indices = [one.index for one in page] if request.with_proofs else []
            proofs = await prove_those_covered(indices, tx, self._checkpoints)
            _on_record(tx, name, [subject_id], len(page))
        traced = [
            messages.TracedEntry(entry=_entry(one), stage=_stage(one), proof=proofs.get(one.index, ""))
            for one in page
        ]
        return traced, page[-1].index if len(found) > limit else None

    async def StreamEntries(
        self, request: messages.StreamEntriesRequest, context: _Context[object, object]
    ) -> AsyncIterator[messages.StreamEntriesResponse]:
        """What lies behind an index, then what comes."""
        caller = current_caller()
        async with self._database.transaction(caller) as tx:
            _on_record(tx, "StreamEntries", [], 0)
        clock = asyncio.get_running_loop().time
        ends_at, told_at = clock() + LONGEST_STREAM_SECONDS, 0.0
        after = request.after_index if request.HasField("after_index") else -1
        while clock() < ends_at:
            async with self._database.transaction(caller) as tx:
                found = await self._entries.page(tx, Wanted(after_index=after), STREAM_PAGE)
                size = await self._entries.size(tx)
            if found or clock() - told_at >= SIGN_OF_LIFE_SECONDS:
                told_at = clock()
                yield messages.StreamEntriesResponse(entries=map(_entry, found), size=size)
            if len(found) < STREAM_PAGE:
                await asyncio.sleep(LOOK_SECONDS)
            after = found[-1].index if found else after
        raise Unavailable(
            "This stream has been open for long; ask again behind your last index.", reason="STREAM_ENDED"
        )

    async def ListQuestions(
        self, request: messages.ListQuestionsRequest, context: _Context[object, object]
    ) -> messages.ListQuestionsResponse:
        """The one catalogue."""
        return messages.ListQuestionsResponse(questions=question_messages(QUESTIONS))

    async def AnswerQuestion(
        self, request: messages.AnswerQuestionRequest, context: _Context[object, object]
    ) -> messages.AnswerQuestionResponse:
        """From the entries alone; one at a time, for it may read most of the ledger: others wait."""
        async with self._answering, self._database.transaction(current_caller()) as tx:
            ask = _ask(request, await tx.now())
            answered = await answer_question(ask, tx, self._entries)
            subjects = [ask.referral_id] if ask.referral_id else []
            _on_record(tx, "AnswerQuestion", subjects, answered.entries_read)
        return answer_message(answered, ask.at_time)

    async def GetCheckpoint(
        self, request: messages.GetCheckpointRequest, context: _Context[object, object]
    ) -> messages.GetCheckpointResponse:
        """One of a size, or the newest."""
        async with self._database.transaction(current_caller()) as tx:
            size = request.size if request.HasField("size") else None
            found = await find_checkpoint(size, tx, self._checkpoints)
            keys = await self._checkpoints.keys(tx)
            entries, positions = await self._entries.size(tx), await self._entries.positions(tx)
        return messages.GetCheckpointResponse(
            note=found.note,
            size=found.size,
            signed_time=timestamp(found.signed_time),
            verifier_keys=keys,
            entries=entries,
            positions=positions,
        )

    async def ListCheckpoints(
        self, request: messages.ListCheckpointsRequest, context: _Context[object, object]
    ) -> messages.ListCheckpointsResponse:
        """A page of them."""
        limit = request.page_size or CHECKPOINT_PAGE
        async with self._database.transaction(current_caller()) as tx:
            found = await self._checkpoints.page(tx, request.after_size, limit + 1)
        return messages.ListCheckpointsResponse(
            notes=[one.note for one in found[:limit]],
            next_after_size=found[limit - 1].size if len(found) > limit else None,
        )

    async def GetInclusionProof(
        self, request: messages.GetInclusionProofRequest, context: _Context[object, object]
    ) -> messages.GetInclusionProofResponse:
        """An entry and its proof."""
        async with self._database.transaction(current_caller()) as tx:
            size = request.size if request.HasField("size") else None
            found, proof = await prove_inclusion(request.index, size, tx, self._checkpoints)
            _on_record(tx, "GetInclusionProof", [], 1)
        return messages.GetInclusionProofResponse(entry=_entry(found), proof=proof)

    async def GetConsistencyProof(
        self, request: messages.GetConsistencyProofRequest, context: _Context[object, object]
    ) -> messages.GetConsistencyProofResponse:
        """The hashes between two checkpoints."""
        async with self._database.transaction(current_caller()) as tx:
            hashes = await prove_consistency(request.old_size, request.size, tx, self._checkpoints)
        return messages.GetConsistencyProofResponse(hashes=hashes)


def _on_record(tx: Transaction, name: str, subject_ids: list[UUID], count: int) -> None:
    tx.record_access(AccessRecord(SERVICE, _METHOD + name, subject_ids, subject_count=count))


def _ask(request: messages.AnswerQuestionRequest, now: datetime) -> Ask:
    return Ask(
        request.name,
        optional_instant_from(request, "at_time") or now,
        optional_instant_from(request, "from_time"),
        UUID(request.referral_id) if request.HasField("referral_id") else None,
        UUID(request.agency_id) if request.HasField("agency_id") else None,
        request.category if request.HasField("category") else None,
        request.most_lines or MOST_LINES,
    )


def _wanted(request: messages.ListEntriesRequest) -> Wanted:
    named: dict[str, Any] = {
        name: UUID(getattr(request, name))
        for name in ("subject_id", "agency_id", "actor_id")
        if request.HasField(name)
    }
    return Wanted(
        **named,
        subject_ids=[UUID(one) for one in request.subject_ids] or None,
        kind=request.kind if request.HasField("kind") else None,
        kinds=list(request.kinds) or None,
        from_time=optional_instant_from(request, "from_time"),
        until_time=optional_instant_from(request, "until_time"),
        after_index=request.after_index if request.HasField("after_index") else None,
    )


def _entry(found: FoundEntry) -> messages.Entry:
    return messages.Entry(index=found.index, body=found.body, leaf_hash=found.leaf_hash)


def _stage(found: FoundEntry) -> messages.Stage.ValueType:
    return messages.Stage.Value(f"STAGE_{STAGES.get(found.kind, Stage.OTHER)}")
