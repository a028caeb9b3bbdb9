"""Needs in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, NeedId, PrincipalId, ReferralId
from kernel.vocabulary import Origin, Routing, Urgency
from services.intake.domain.need import Need, NewNeed, RecordedNeed

NEED_COLUMNS: Final = """n.need_id, n.referral_id, n.beneficiary_id, n.sender_agency_id, n.service_type,
    n.urgency, n.routing, n.origin, n.happened_time, n.recorded_time, n.withdrawn_time"""

ROW_ARRAYS: Final = """unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[],
        $7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::uuid[], $12::bytea[])
        as a (need_id, referral_id, beneficiary_id, sender_agency_id, principal_id, service_type, urgency,
              routing, origin, happened_time, continues_referral_id, sealed_note)"""
"""Needs to be inserted, as a statement takes them; `row_arguments` gives the values."""

INSERT_COLUMNS: Final = """need_id, referral_id, beneficiary_id, sender_agency_id, recorded_by_principal_id,
    service_type, urgency, routing, origin, happened_time, recorded_time, continues_referral_id,
    sealed_note"""
SELECTED_VALUES: Final = """a.need_id, a.referral_id, a.beneficiary_id, a.sender_agency_id, a.principal_id,
    a.service_type, a.urgency, a.routing, a.origin, coalesce(a.happened_time, moment.now), moment.now,
    a.continues_referral_id, a.sealed_note"""

_INSERT: Final = f"""
    with moment as materialized (select clock_timestamp() as now)
    insert into need ({INSERT_COLUMNS})
    select {SELECTED_VALUES} from {ROW_ARRAYS} cross join moment
    returning need_id, happened_time, recorded_time
"""  # noqa: S608  constants
_MERGED_INTO: Final = """
    select merged_beneficiary_id, kept_beneficiary_id from beneficiary_merge
    where merged_beneficiary_id = any($1::uuid[]) and unmerged_time is null
"""
_LOCK_PEOPLE: Final = """
    select beneficiary_id, registered_by_agency_id, erased_time is not null as is_erased
    from beneficiary where beneficiary_id = any($1::uuid[]) order by beneficiary_id for share
"""
_WITHDRAW: Final = """
    update need set withdrawn_time = $2, withdrawn_reason = $3, withdrawn_by_principal_id = $4
    where need_id = $1
"""
_PAGE: Final = f"""
    select {NEED_COLUMNS} from need n
    where n.beneficiary_id = any($1::uuid[])
      and ($2::timestamptz is null or (n.recorded_time, n.need_id) < ($2, $3))
    order by n.recorded_time desc, n.need_id desc limit $4
"""  # noqa: S608  constants
_STANDING: Final = f"""
    select {NEED_COLUMNS}, b.profile_version, b.erased_time is not null as is_erased,
           w.recorded_time as whole_time,
           exists (select from same_person as s
                   where s.beneficiary_id = n.beneficiary_id and s.unmerged_time is null) as has_others
    from need n
    join beneficiary b using (beneficiary_id)
    left join lateral (
        select e.recorded_time from consent_event e
        where e.beneficiary_id = n.beneficiary_id and e.state = 'WITHDRAWN' and e.agency_id is null
          and e.consent_id is null
        order by e.sequence desc limit 1
    ) w on true
    where n.need_id = any($1::uuid[])
"""  # noqa: S608  constants


@dataclass(frozen=True, slots=True)
class NeedRow:
    """A need about to be inserted."""

    ids: RecordedNeed
    need: NewNeed
    sender_agency_id: AgencyId
    principal_id: PrincipalId
    sealed_note: bytes | None


@dataclass(frozen=True, slots=True)
class StandingNeed:
    """A need with what decides whether it stands.

    `whole_withdrawal_time`: when the whole consent was last withdrawn, None where consent was given since.
    """

    need: Need
    profile_version: int
    is_erased: bool
    whole_withdrawal_time: datetime | None
    has_others: bool = False
    """Whether other records are seen as the same person's."""


@dataclass(frozen=True, slots=True)
class LockedPerson:
    """A person who stays as they are until the transaction ends."""

    registered_by_agency_id: AgencyId
    is_erased: bool
    merged_into: BeneficiaryId | None


class PostgresNeeds:
    """All that is known of needs, by need, person and referral."""

    async def lock_people(self, tx: Transaction, beneficiary_ids: Sequence[UUID]) -> dict[UUID, LockedPerson]:
        """The people whom the caller may see, kept from being erased meanwhile; in the order of ids."""
        rows = await tx.connection.fetch(_LOCK_PEOPLE, list(beneficiary_ids))
        merged = dict(await tx.connection.fetch(_MERGED_INTO, list(beneficiary_ids)))
        return {
            row["beneficiary_id"]: LockedPerson(
                row["registered_by_agency_id"], row["is_erased"], merged.get(row["beneficiary_id"])
            )
            for row in rows
        }

    async def people_of_referrals(
        self, tx: Transaction, referral_ids: Sequence[UUID]
    ) -> dict[UUID, BeneficiaryId]:
        """Whose referrals these are, as far as the caller may see; of a merged record, the kept one's."""
        rows = await tx.connection.fetch(
            """select referral_id, coalesce(kept_beneficiary_id, beneficiary_id) as beneficiary_id
            from need left join beneficiary_merge
              on merged_beneficiary_id = beneficiary_id and unmerged_time is null
            where referral_id = any($1::uuid[])""",
            list(referral_ids),
        )
        return {row["referral_id"]: row["beneficiary_id"] for row in rows}

    async def of_referrals(
        self, tx: Transaction, referral_ids: Sequence[UUID], hidden_types: Sequence[str]
    ) -> list[Need]:
        """The needs behind these referrals, as far as the caller may see, but none of the hidden types."""
        rows = await tx.connection.fetch(
            f"""select {NEED_COLUMNS} from need n join beneficiary b using (beneficiary_id)
            where n.referral_id = any($1::uuid[]) and n.service_type <> all ($2::text[])
              and b.erased_time is null""",  # noqa: S608  constant
            list(referral_ids),
            list(hidden_types),
        )
        return [need_from(row) for row in rows]

    async def recorded_by_caller(
        self, tx: Transaction, hidden_types: Sequence[str], ended_after: datetime, size: int
    ) -> list[Need]:
        """The latest that the caller has recorded, but none of the hidden types or that ended before."""
        rows = await tx.connection.fetch(
            "select * from recorded_needs($1, $2, $3, $4)",
            tx.caller.principal_id,
            list(hidden_types),
            ended_after,
            size,
        )
        return [need_from(row) for row in rows]

    async def add(self, tx: Transaction, rows: Sequence[NeedRow]) -> dict[UUID, tuple[datetime, datetime]]:
        """Inserts all rows by one statement; answers happened_time and recorded_time by need."""
        written = await tx.connection.fetch(_INSERT, *row_arguments(rows))
        return {row["need_id"]: (row["happened_time"], row["recorded_time"]) for row in written}

    async def person_of(self, tx: Transaction, need_id: NeedId) -> BeneficiaryId | None:
        """Whose need it is; None where the caller may not know of it."""
        found: BeneficiaryId | None = await tx.connection.fetchval(
            "select beneficiary_id from need where need_id = $1", need_id
        )
        return found

    async def lock(self, tx: Transaction, need_id: NeedId) -> Need | None:
        """The need, locked for a change; the person's row comes first."""
        row = await tx.connection.fetchrow(
            f"select {NEED_COLUMNS} from need n where n.need_id = $1 for no key update",  # noqa: S608  constant
            need_id,
        )
        return None if row is None else need_from(row)

    async def withdraw(self, tx: Transaction, need_id: NeedId, reason: str, now: datetime) -> None:
        """Marks the need as withdrawn."""
        await tx.connection.execute(_WITHDRAW, need_id, now, reason, tx.caller.principal_id)

    async def page(
        self,
        tx: Transaction,
        records: Sequence[BeneficiaryId],
        before: tuple[datetime, UUID] | None,
        size: int,
    ) -> list[Need]:
        """Up to `size` needs on these records of a person, the newest first, those older than `before`."""
        recorded_time, need_id = before or (None, None)
        rows = await tx.connection.fetch(_PAGE, records, recorded_time, need_id, size)
        return [need_from(row) for row in rows]

    async def standing(self, tx: Transaction, need_ids: Sequence[UUID]) -> Mapping[UUID, StandingNeed]:
        """The needs that are known, with what decides whether they stand, by one statement."""
        rows = await tx.connection.fetch(_STANDING, list(need_ids))
        return {
            row["need_id"]: StandingNeed(
                need_from(row), row["profile_version"], row["is_erased"], row["whole_time"], row["has_others"]
            )
            for row in rows
        }

    async def profile_records(self, tx: Transaction, beneficiary_ids: Sequence[UUID]) -> list[Any]:
        """The sealed profile of each of these people, for the vault to open."""
        rows: list[Any] = await tx.connection.fetch(
            "select * from vault_record where category = 'PROFILE' and beneficiary_id = any($1::uuid[])",
            list(beneficiary_ids),
        )
        return rows


def row_arguments(rows: Sequence[NeedRow]) -> list[list[Any]]:
    """The arrays that `ROW_ARRAYS` unnests."""
    return [
        [row.ids.need_id for row in rows],
        [row.ids.referral_id for row in rows],
        [row.need.beneficiary_id for row in rows],
        [row.sender_agency_id for row in rows],
        [row.principal_id for row in rows],
        [row.need.service_type for row in rows],
        [row.need.urgency for row in rows],
        [row.need.routing for row in rows],
        [row.need.origin for row in rows],
        [row.need.happened_time for row in rows],
        [row.need.continues_referral_id for row in rows],
        [row.sealed_note for row in rows],
    ]


def need_from(row: Any) -> Need:
    """A row of need."""
    return Need(
        need_id=NeedId(row["need_id"]),
        referral_id=ReferralId(row["referral_id"]),
        beneficiary_id=BeneficiaryId(row["beneficiary_id"]),
        sender_agency_id=AgencyId(row["sender_agency_id"]),
        service_type=row["service_type"],
        urgency=Urgency(row["urgency"]),
        routing=Routing(row["routing"]),
        origin=Origin(row["origin"]),
        happened_time=row["happened_time"],
        recorded_time=row["recorded_time"],
        withdrawn_time=row["withdrawn_time"],
    )
