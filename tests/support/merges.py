"""Two records of one person, merged and un-merged by the use cases themselves over a real database."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.postgres_merges import PostgresMerges
from services.intake.domain.eligibility import NeedProfile
from services.intake.domain.merge import Merge
from services.intake.domain.need import RecordedNeed
from services.intake.use_cases.freeze_consent import ChangeFreeze, freeze_consent
from services.intake.use_cases.get_profiles import get_profiles
from services.intake.use_cases.merge_beneficiaries import (
    MergeBeneficiaries,
    Merged,
    MergeParts,
    merge_beneficiaries,
)
from services.intake.use_cases.unmerge_beneficiaries import (
    UnmergeBeneficiaries,
    Unmerged,
    unmerge_beneficiaries,
)
from tests.support.consented_people import METHOD, OpenIntake, agreement_with, grant
from tests.support.telephone import A
from tests.support.vault import KEM, worker_of

SUPERVISOR: Final = worker_of(KEM, "supervisor")
PROTECTOR: Final = worker_of(KEM, "child_protection_officer")
WORDS: Final = "MARKED: she showed the same card twice."

_OWN_TABLES: Final = (
    *("beneficiary", "data_key", "sealed_record", "blind_index", "consent", "consent_event", "grant_cell"),
    *("consent_freeze", "need", "held_referral", "disclosure", "recall", "rights_request"),
)


@dataclass(frozen=True, slots=True)
class Merges:
    """Short ways; agency A has an agreement that covers everything."""

    intake: OpenIntake
    store: PostgresMerges = field(default_factory=PostgresMerges)

    @property
    def parts(self) -> MergeParts:
        parts = self.intake.parts
        return MergeParts(parts.people, parts.consents, self.store, parts.recalls, parts.vault)

    async def two(self, **changes: Any) -> tuple[BeneficiaryId, BeneficiaryId]:
        """Two records of one person."""
        await self.intake.agree(agreement_with(A))
        return await self.intake.person(**changes), await self.intake.person(**changes)

    async def holding(self, person: BeneficiaryId) -> RecordedNeed:
        """A referral that A holds, of this person, who allows A everything."""
        await self.intake.consent(person, grant(A))
        need = await self.intake.need(person)
        await self.intake.accepted(need, A)
        return need

    async def merge(
        self,
        kept: BeneficiaryId,
        merged: BeneficiaryId,
        *,
        by: Caller = SUPERVISOR,
        tx: Transaction | None = None,
    ) -> Merged:
        """In a transaction of its own, unless one is under way."""
        command = MergeBeneficiaries(uuid4(), kept, merged, WORDS)
        if tx is not None:
            return await merge_beneficiaries(command, METHOD, tx, self.parts)
        async with self.intake.database.transaction(by) as own:
            return await merge_beneficiaries(command, METHOD, own, self.parts)

    async def merged(self, kept: BeneficiaryId, merged: BeneficiaryId) -> Merge:
        return (await self.merge(kept, merged)).merge

    async def unmerge(self, merged: BeneficiaryId, *, by: Caller = SUPERVISOR) -> Unmerged:
        command = UnmergeBeneficiaries(uuid4(), merged, WORDS)
        async with self.intake.database.transaction(by) as tx:
            return await unmerge_beneficiaries(command, METHOD, tx, self.parts)

    async def freeze(self, person: BeneficiaryId) -> None:
        command = ChangeFreeze(uuid4(), person, "The guardian is doubted.")
        parts = self.intake.parts
        async with self.intake.database.transaction(PROTECTOR) as tx:
            await freeze_consent(command, tx, parts.people, PostgresConsentFreezes(), parts.vault)

    async def profile(self, need: RecordedNeed) -> NeedProfile:
        """As referral is told it."""
        parts = self.intake.parts
        async with self.intake.database.transaction(Caller.of_service("referral")) as tx:
            [profile] = await get_profiles(
                [need.need_id],
                METHOD,
                tx,
                needs=parts.needs,
                agreements=parts.agreements,
                vault=parts.vault,
            )
        return profile

    async def rows_of(self, person: BeneficiaryId) -> dict[str, list[str]]:
        """Every row of this record, whole, but for the count of what matching was told."""
        found = {}
        for table in _OWN_TABLES:
            rows = await self.intake.rows(
                f"select (to_jsonb(one) - 'profile_version')::text as row from {table} as one"
                " where beneficiary_id = $1 order by 1",
                person,
            )
            found[table] = [row["row"] for row in rows]
        return found
