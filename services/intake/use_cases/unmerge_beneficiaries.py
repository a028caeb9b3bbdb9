"""Makes two people of two records again: each as it was, with what was written on it meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_drafts import destroy_drafts_of
from services.intake.domain.events import BeneficiariesUnmerged
from services.intake.domain.merge import Happened
from services.intake.use_cases.end_receipts import end_receipts
from services.intake.use_cases.merge_beneficiaries import MergeParts, check_decider, sealed_words
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.settle_recalls import settle_permitted_again
from services.intake.use_cases.tell_profile import tell_profile

MOST_HAPPENED: Final = 200


@dataclass(frozen=True, slots=True)
class UnmergeBeneficiaries:
    """Which record no longer points to another one, and why, in words that are kept sealed."""

    request_id: UUID
    merged_id: BeneficiaryId
    words: str


@dataclass(frozen=True, slots=True)
class Unmerged:
    """When, from which record, and what was written on either meanwhile; of that, the first ones."""

    unmerged_time: datetime
    kept_id: BeneficiaryId
    happened: Sequence[Happened]
    happened_count: int


async def unmerge_beneficiaries(
    command: UnmergeBeneficiaries, method: str, tx: Transaction, parts: MergeParts
) -> Unmerged:
    """From the commit on nothing that was said on one record holds for the other. Nothing is moved: somebody
    looks through what happened meanwhile. Receipts that tell of both are not valid any more.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        NotPermitted: OFFICER_NEEDED, as `check_decider` says.
        RuleBroken: NOT_MERGED, BENEFICIARY_ERASED.
    """
    own_agency(tx.caller)
    records = [row.beneficiary_id for row in await parts.people.lock_as_one(tx, command.merged_id)]
    await check_decider(tx, records, parts, is_end=True)
    merge = await parts.merges.of_merged(tx, command.merged_id)
    if merge is None:
        raise RuleBroken("This record is not merged into another one.", reason="NOT_MERGED")
    now = await tx.now()
    await parts.merges.end(tx, merge, await sealed_words(merge, command.words, tx, parts.vault), now)
    tx.publish(
        BeneficiariesUnmerged(merge.merge_id, merge.merged_id, merge.kept_id, request_id=command.request_id)
    )
    # what was issued since tells of both, so perhaps of a stranger
    await end_receipts(tx, records, command.request_id, since=merge.merged_time)
    await destroy_drafts_of(tx, records)
    await settle_permitted_again(tx, parts.recalls, records, now, command.request_id)
    await tell_profile(tx, parts.people, records, command.request_id)
    tx.record_access(AccessRecord("intake", method, records))
    pair = (merge.merged_id, merge.kept_id)
    happened, count = await parts.merges.happened(tx, pair, merge.merged_time, MOST_HAPPENED)
    return Unmerged(now, merge.kept_id, happened, count)
