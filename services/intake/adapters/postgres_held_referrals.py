"""Who holds which referral, as far as kem.referral.v1 has told."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import ReferralId
from services.intake.domain.held_referral import HeldReferral, ReferralOrigin

HELD_COLUMNS: Final = """referral_id, referral_version, need_id, beneficiary_id, service_type, agency_id,
    offer_id, for_assessment, opened_time, closed_time"""
_ALL_COLUMNS: Final = f"{HELD_COLUMNS}, ended_time"
_SAVE: Final = f"""
    insert into held_referral ({_ALL_COLUMNS})
    select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::uuid[],
                         $8::boolean[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])
    on conflict (referral_id) do update set referral_version = excluded.referral_version,
        agency_id = excluded.agency_id, offer_id = excluded.offer_id,
        for_assessment = excluded.for_assessment, opened_time = excluded.opened_time,
        closed_time = excluded.closed_time, ended_time = excluded.ended_time
    where held_referral.referral_version < excluded.referral_version
"""  # noqa: S608  constants
_HOLDS: Final = """
    select exists (
        select from held_referral where referral_id = $1 and agency_id = $2 and closed_time is null
    )
"""


class PostgresHeldReferrals:
    """A projection: written by the reader of kem.referral.v1, asked by disclosure."""

    async def origins(self, tx: Transaction, referral_ids: Sequence[UUID]) -> dict[UUID, ReferralOrigin]:
        """The needs of these referrals, as far as intake has them."""
        rows = await tx.connection.fetch(
            "select referral_id, need_id, beneficiary_id, service_type from need"
            " where referral_id = any($1::uuid[])",
            list(referral_ids),
        )
        return {
            row["referral_id"]: ReferralOrigin(row["need_id"], row["beneficiary_id"], row["service_type"])
            for row in rows
        }

    async def lock(self, tx: Transaction, referral_ids: Sequence[UUID]) -> dict[UUID, HeldReferral]:
        """What is known of these referrals, locked for a change, in the order of ids."""
        rows = await tx.connection.fetch(
            f"select {_ALL_COLUMNS} from held_referral where referral_id = any($1::uuid[])"  # noqa: S608  constant
            " order by referral_id for no key update",
            list(referral_ids),
        )
        return {row["referral_id"]: held_from(row) for row in rows}

    async def save(self, tx: Transaction, held: Sequence[HeldReferral]) -> None:
        """Keeps the rows; one that is older than what is kept changes nothing."""
        await tx.connection.execute(
            _SAVE,
            [one.referral_id for one in held],
            [one.referral_version for one in held],
            [one.need_id for one in held],
            [one.beneficiary_id for one in held],
            [one.service_type for one in held],
            [one.agency_id for one in held],
            [one.offer_id for one in held],
            [one.for_assessment for one in held],
            [one.opened_time for one in held],
            [one.closed_time for one in held],
            [one.ended_time for one in held],
        )

    async def holds(self, tx: Transaction, referral_id: ReferralId) -> bool:
        """Whether the caller's agency holds the referral now."""
        held: bool = await tx.connection.fetchval(_HOLDS, referral_id, tx.caller.agency_id)
        return held

    async def acceptance_may_arrive(self, tx: Transaction, referral_id: ReferralId) -> bool:
        """Whether it is a referral of which no acceptance was heard yet."""
        may: bool = await tx.connection.fetchval("select acceptance_may_arrive($1)", referral_id)
        return may


def held_from(row: Any) -> HeldReferral:
    """A row with all of HELD_COLUMNS, and maybe others."""
    return HeldReferral(
        referral_id=row["referral_id"],
        referral_version=row["referral_version"],
        need_id=row["need_id"],
        beneficiary_id=row["beneficiary_id"],
        service_type=row["service_type"],
        agency_id=row["agency_id"],
        offer_id=row["offer_id"],
        for_assessment=row["for_assessment"],
        opened_time=row["opened_time"],
        closed_time=row["closed_time"],
        ended_time=row.get("ended_time"),
    )
