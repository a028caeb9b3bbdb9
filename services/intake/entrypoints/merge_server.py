"""The door for records that are the same person's."""

from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Transaction
from kem.intake.v1 import merge_service_pb2 as messages
from kem.intake.v1.merge_service_pb2_grpc import MergeServiceServicer
from kernel.ids import BeneficiaryId
from services.intake.adapters.likely_duplicates import LikelyDuplicate
from services.intake.adapters.postgres_merges import PostgresMerges
from services.intake.domain.merge import Happened
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.entrypoints.parts import VaultParts
from services.intake.entrypoints.refusals import answer_on_record, refusals_on_record
from services.intake.entrypoints.translate_beneficiary import masked_message
from services.intake.entrypoints.translate_needs import page_token, place_from
from services.intake.use_cases.list_likely_duplicates import list_likely_duplicates
from services.intake.use_cases.merge_beneficiaries import MergeBeneficiaries, MergeParts, merge_beneficiaries
from services.intake.use_cases.unmerge_beneficiaries import UnmergeBeneficiaries, unmerge_beneficiaries

_SERVICE: Final = "/kem.intake.v1.MergeService"
LIST: Final = f"{_SERVICE}/ListLikelyDuplicates"
MERGE: Final = f"{_SERVICE}/MergeBeneficiaries"
UNMERGE: Final = f"{_SERVICE}/UnmergeBeneficiaries"

_Context = grpc.aio.ServicerContext


class MergeServer(MergeServiceServicer):
    """kem.intake.v1.MergeService."""

    def __init__(self, people: VaultParts, consent: ConsentParts) -> None:
        self._people = people
        self._parts = MergeParts(
            people.people, consent.consents, PostgresMerges(), consent.recalls, people.vault
        )

    async def ListLikelyDuplicates(
        self,
        request: messages.ListLikelyDuplicatesRequest,
        context: _Context[messages.ListLikelyDuplicatesRequest, messages.ListLikelyDuplicatesResponse],
    ) -> messages.ListLikelyDuplicatesResponse:
        parts, caller = self._people, current_caller()
        before = place_from(request.page_token)
        async with (
            refusals_on_record(parts.database, caller, LIST),
            parts.database.transaction(caller) as tx,
        ):
            page = await list_likely_duplicates(
                request.page_size, before, LIST, tx, parts.likely_duplicates, parts.search_tally
            )
        return messages.ListLikelyDuplicatesResponse(
            pairs=map(_pair_message, page.pairs), next_page_token=page_token(page.next_before)
        )

    async def MergeBeneficiaries(
        self,
        request: messages.MergeBeneficiariesRequest,
        context: _Context[messages.MergeBeneficiariesRequest, messages.MergeBeneficiariesResponse],
    ) -> messages.MergeBeneficiariesResponse:
        command = MergeBeneficiaries(
            UUID(request.request_id),
            BeneficiaryId(UUID(request.kept_beneficiary_id)),
            BeneficiaryId(UUID(request.merged_beneficiary_id)),
            request.words,
        )

        async def act(tx: Transaction) -> messages.MergeBeneficiariesResponse:
            done = await merge_beneficiaries(command, MERGE, tx, self._parts)
            return messages.MergeBeneficiariesResponse(
                merge_id=str(done.merge.merge_id),
                merged_time=timestamp(done.merge.merged_time),
                asked_twice=[
                    messages.AskedTwice(referral_ids=map(str, referral_ids))
                    for referral_ids in done.asked_twice
                ],
            )

        return await answer_on_record(
            self._people.database,
            MERGE,
            request,
            messages.MergeBeneficiariesResponse,
            act,
            [command.kept_id, command.merged_id],
        )

    async def UnmergeBeneficiaries(
        self,
        request: messages.UnmergeBeneficiariesRequest,
        context: _Context[messages.UnmergeBeneficiariesRequest, messages.UnmergeBeneficiariesResponse],
    ) -> messages.UnmergeBeneficiariesResponse:
        command = UnmergeBeneficiaries(
            UUID(request.request_id), BeneficiaryId(UUID(request.merged_beneficiary_id)), request.words
        )

        async def act(tx: Transaction) -> messages.UnmergeBeneficiariesResponse:
            done = await unmerge_beneficiaries(command, UNMERGE, tx, self._parts)
            return messages.UnmergeBeneficiariesResponse(
                unmerged_time=timestamp(done.unmerged_time),
                kept_beneficiary_id=str(done.kept_id),
                happened=map(_happened_message, done.happened),
                happened_count=done.happened_count,
            )

        return await answer_on_record(
            self._people.database,
            UNMERGE,
            request,
            messages.UnmergeBeneficiariesResponse,
            act,
            [command.merged_id],
        )


def _pair_message(pair: LikelyDuplicate) -> messages.LikelyDuplicate:
    return messages.LikelyDuplicate(
        later=masked_message(pair.later),
        earlier=masked_message(pair.earlier),
        likeness_percent=round(pair.likeness * 100),
    )


def _happened_message(one: Happened) -> messages.HappenedMeanwhile:
    return messages.HappenedMeanwhile(
        beneficiary_id=str(one.beneficiary_id),
        kind=messages.HappenedMeanwhile.Kind.Value(f"KIND_{one.kind}"),
        id=str(one.id),
        happened_time=timestamp(one.happened_time),
    )
