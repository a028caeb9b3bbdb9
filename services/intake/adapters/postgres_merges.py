"""Merges in PostgreSQL. Whoever merges or un-merges has locked the records."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, ReferralId
from kernel.restricted import RESTRICTED_TYPES
from services.intake.domain.merge import Happened, Merge

_COLUMNS: Final = "merge_id, merged_beneficiary_id, kept_beneficiary_id, merged_time, unmerged_time"
_IN_FORCE: Final = f"""
    select {_COLUMNS} from beneficiary_merge
    where merged_beneficiary_id = any($1::uuid[]) and unmerged_time is null
    union
    select {_COLUMNS} from beneficiary_merge
    where kept_beneficiary_id = any($1::uuid[]) and unmerged_time is null
    order by merged_time, merge_id
"""  # noqa: S608  constant
_BESIDE_ERASED: Final = f"""
    select {_COLUMNS}, case when merged.erased_time is null then merged_beneficiary_id
        else kept_beneficiary_id end as living_id
    from beneficiary_merge
    join beneficiary as merged on merged.beneficiary_id = merged_beneficiary_id
    join beneficiary as kept on kept.beneficiary_id = kept_beneficiary_id
    where unmerged_time is null and (merged.erased_time is null) <> (kept.erased_time is null)
    order by merged_time, merge_id
"""  # noqa: S608  constant
_ADD: Final = """
    insert into beneficiary_merge (merge_id, merged_beneficiary_id, kept_beneficiary_id, agency_id,
        sealed_words, merged_by_principal_id, acting_person, merged_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_END: Final = """
    update beneficiary_merge set sealed_unmerge_words = $2, unmerged_by_principal_id = $3,
        unmerge_acting_person = $4, unmerged_time = $5
    where merge_id = $1
"""
_IS_PROTECTED: Final = """
    select exists (select from need where beneficiary_id = any($1::uuid[]) and service_type = any($2::text[]))
        or exists (select from consent_freeze
                   where beneficiary_id = any($1::uuid[]) and lifted_time is null)
"""
_HAS_DENIALS: Final = """
    select exists (select from grant_cell
                   where beneficiary_id = any($1::uuid[]) and effect = 'DENY' and withdrawn_time is null
                     and valid_until_time > clock_timestamp())
"""
_ASKED_TWICE: Final = """
    select array_agg(referral_id order by recorded_time, referral_id) as referral_ids from need
    where beneficiary_id = any($1::uuid[]) and withdrawn_time is null
    group by service_type having count(distinct beneficiary_id) > 1
    order by service_type limit $2
"""
_HAPPENED: Final = """
    select beneficiary_id, kind, id, happened_time, count(*) over () as total from (
        select beneficiary_id, 'DATA_CHANGED' as kind, beneficiary_id as id, updated_time as happened_time
        from beneficiary
        union all
        select beneficiary_id, 'NEED', need_id, recorded_time from need
        union all
        select beneficiary_id, 'CONSENT', consent_event_id, recorded_time from consent_event
        union all
        select beneficiary_id, 'FREEZE', consent_freeze_id, frozen_time from consent_freeze
        union all
        select beneficiary_id, 'RIGHTS_REQUEST', rights_request_id, registered_time from rights_request
        union all
        select beneficiary_id, 'RECALL', recall_id, opened_time from recall
        union all
        select beneficiary_id, 'VISIT', visit_id, recorded_time from visit
        union all
        select beneficiary_id, 'APPOINTMENT', appointment_id, booked_time from appointment
        union all
        select beneficiary_id, 'CONTACT_ATTEMPT', contact_attempt_id, recorded_time from contact_attempt
        union all
        select beneficiary_id, 'CASE_WORKERS', case_workers_id, set_time from case_workers
    ) as written
    where beneficiary_id = any($1::uuid[]) and happened_time >= $2
    order by happened_time, id limit $3
"""


class PostgresMerges:
    """Rows are only added; a merge is ended once."""

    async def in_force(self, tx: Transaction, people: Collection[BeneficiaryId]) -> list[Merge]:
        """The merges in force that any of these records is part of."""
        return [_merge(row) for row in await tx.connection.fetch(_IN_FORCE, list(people))]

    async def of_merged(self, tx: Transaction, merged_id: BeneficiaryId) -> Merge | None:
        """The merge by which this record points to another one; None where it does not."""
        found = [one for one in await self.in_force(tx, [merged_id]) if one.merged_id == merged_id]
        return found[0] if found else None

    async def beside_erased(self, tx: Transaction) -> list[tuple[Merge, BeneficiaryId]]:
        """The merges in force of which one record is erased, each with the other one, which is not."""
        rows = await tx.connection.fetch(_BESIDE_ERASED)
        return [(_merge(row), BeneficiaryId(row["living_id"])) for row in rows]

    async def add(self, tx: Transaction, merge: Merge, agency_id: AgencyId, sealed_words: bytes) -> None:
        """From now on they are seen as one, by the caller's word."""
        await tx.connection.execute(
            _ADD,
            merge.merge_id,
            merge.merged_id,
            merge.kept_id,
            agency_id,
            sealed_words,
            tx.caller.principal_id,
            tx.caller.acting_person,
            merge.merged_time,
        )

    async def end(self, tx: Transaction, merge: Merge, sealed_words: bytes, now: datetime) -> None:
        """From now on they are two again, by the caller's word."""
        await tx.connection.execute(
            _END, merge.merge_id, sealed_words, tx.caller.principal_id, tx.caller.acting_person, now
        )

    async def is_protected(self, tx: Transaction, people: Collection[BeneficiaryId]) -> bool:
        """Whether one of them needs, or needed, a restricted service, or has their consent frozen."""
        found: bool = await tx.connection.fetchval(_IS_PROTECTED, list(people), list(RESTRICTED_TYPES))
        return found

    async def has_denials(self, tx: Transaction, people: Collection[BeneficiaryId]) -> bool:
        """Whether one of them has denied something that an agency may be given otherwise."""
        found: bool = await tx.connection.fetchval(_HAS_DENIALS, list(people))
        return found

    async def asked_twice(
        self, tx: Transaction, people: Collection[BeneficiaryId], most: int
    ) -> list[list[ReferralId]]:
        """Referrals for the same kind of help of more than one of the records, a list for each kind."""
        rows = await tx.connection.fetch(_ASKED_TWICE, list(people), most)
        return [row["referral_ids"] for row in rows]

    async def happened(
        self, tx: Transaction, people: Collection[BeneficiaryId], since: datetime, most: int
    ) -> tuple[list[Happened], int]:
        """What was written on these records since, the earliest first; and how much there is in all."""
        rows = await tx.connection.fetch(_HAPPENED, list(people), since, most)
        found = [
            Happened(row["beneficiary_id"], row["kind"], row["id"], row["happened_time"]) for row in rows
        ]
        return found, rows[0]["total"] if rows else 0


def _merge(row: Any) -> Merge:
    return Merge(
        row["merge_id"],
        BeneficiaryId(row["merged_beneficiary_id"]),
        BeneficiaryId(row["kept_beneficiary_id"]),
        row["merged_time"],
        row["unmerged_time"],
    )
