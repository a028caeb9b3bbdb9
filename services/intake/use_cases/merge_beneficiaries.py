"""Sees two records as one person's. Nothing of either is changed, moved or ended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.codes import mask
from kernel.errors import NotPermitted, RuleBroken
from kernel.ids import BeneficiaryId, ReferralId, random_id
from kernel.restricted import may_see_restricted
from services.intake.adapters.grant_cells import remind_of_denials
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consents import PostgresConsents
from services.intake.adapters.postgres_drafts import destroy_drafts_of
from services.intake.adapters.postgres_merges import PostgresMerges
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.vault import Vault
from services.intake.domain.age_rules import FULL_AGE_YEARS
from services.intake.domain.athens_day import athens_day
from services.intake.domain.events import BeneficiariesMerged
from services.intake.domain.merge import Merge, check_mergeable
from services.intake.use_cases.open_recalls import open_recalls
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.take_back_by_merge import take_back_by_merge
from services.intake.use_cases.tell_profile import tell_profile

MOST_KINDS: Final = 50


@dataclass(frozen=True, slots=True)
class MergeBeneficiaries:
    """Which record goes on, which one points to it, and why, in words that are kept sealed."""

    request_id: UUID
    kept_id: BeneficiaryId
    merged_id: BeneficiaryId
    words: str


@dataclass(frozen=True, slots=True)
class MergeParts:
    """What merging and un-merging work with."""

    people: PostgresBeneficiaries
    consents: PostgresConsents
    merges: PostgresMerges
    recalls: PostgresRecalls
    vault: Vault


@dataclass(frozen=True, slots=True)
class Merged:
    """The merge; and what the person asks for twice by now, which somebody has to look at."""

    merge: Merge
    asked_twice: Sequence[Sequence[ReferralId]]


async def merge_beneficiaries(
    command: MergeBeneficiaries, method: str, tx: Transaction, parts: MergeParts
) -> Merged:
    """From the commit on search finds the kept record, new needs go to it, and what is denied or frozen on
    either holds for both; a withdrawal on either has ended the older permits of the other: what was given
    against that is asked back. Disclosures under way are waited for.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        NotPermitted: OFFICER_NEEDED, as `check_decider` says.
        Invalid: SAME_RECORD.
        RuleBroken: ALREADY_MERGED, MERGE_CYCLE, MERGE_CHAIN, BENEFICIARY_ERASED.
    """
    agency_id, pair = own_agency(tx.caller), (command.kept_id, command.merged_id)
    records = [row.beneficiary_id for row in await parts.people.lock_as_one(tx, *dict.fromkeys(pair))]
    await check_decider(tx, records, parts)
    check_mergeable(command.merged_id, command.kept_id, await parts.merges.in_force(tx, pair))
    merge = Merge(random_id(), command.merged_id, command.kept_id, await tx.now())
    sealed = await sealed_words(merge, command.words, tx, parts.vault)
    await parts.merges.add(tx, merge, agency_id, sealed)
    tx.publish(
        BeneficiariesMerged(merge.merge_id, merge.merged_id, merge.kept_id, request_id=command.request_id)
    )
    others = [record for record in records if record != merge.merged_id]
    await take_back_by_merge(merge.merged_id, others, tx, parts.consents, command.request_id)
    await remind_of_denials(tx, records)
    # begun before anybody knew whose these are
    await destroy_drafts_of(tx, records)
    await tell_profile(tx, parts.people, records, command.request_id)
    # what one denies the other gave, perhaps, while nobody knew that they are one
    await open_recalls(tx, parts.recalls, records, request_id=command.request_id)
    tx.record_access(AccessRecord("intake", method, records))
    return Merged(merge, await parts.merges.asked_twice(tx, records, MOST_KINDS))


async def check_decider(
    tx: Transaction, records: Collection[BeneficiaryId], parts: MergeParts, *, is_end: bool = False
) -> None:
    """A supervisor decides about grown-up people; an officer of protection about everybody.

    Whom a supervisor may not decide about is told for all reasons alike, so that none of them can be learnt.

    Raises:
        NotPermitted: OFFICER_NEEDED: one of them is under 18 or of unknown age, needs or needed a restricted
            service, or has their consent frozen, and the caller is no officer of protection; of the end of a
            merge also where one of them denies something, which holds for the other no longer then.
    """
    if may_see_restricted(tx.caller.roles):
        return
    today = athens_day(await tx.now())
    is_protected = await parts.merges.is_protected(tx, records)
    is_protected |= is_end and await parts.merges.has_denials(tx, records)
    known = await parts.vault.read_people(tx, list(records), mask(["BIRTH_AND_SEX"]))
    for record in records:
        fields = known.get(record)
        age = fields["birth"].age_on(today) if fields else None
        is_protected |= age is None or age < FULL_AGE_YEARS
    if is_protected:
        raise NotPermitted(
            "A child-protection officer or a GBV focal point decides about these records; ask one of them.",
            reason="OFFICER_NEEDED",
        )


async def sealed_words(merge: Merge, words: str, tx: Transaction, vault: Vault) -> bytes:
    """Under the merged record's own key.

    Raises:
        RuleBroken: BENEFICIARY_ERASED.
    """
    [sealed] = await vault.seal_texts(tx, [(merge.merged_id, merge.merge_id, words)])
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    return sealed
