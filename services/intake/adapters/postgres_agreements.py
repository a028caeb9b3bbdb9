"""Sharing agreements in PostgreSQL: the one in force per agency, and every version that ever was."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId
from services.intake.domain.agreement import Agreement, LegalRegime

_COLUMNS: Final = """agency_id, version, purposes, categories, legal_regime, transfer_basis,
    valid_from_time, valid_until_time"""
_SAVE: Final = """
    with saved as (
        insert into agreement (agency_id, version, purposes, categories, legal_regime, transfer_basis,
            valid_from_time, valid_until_time, saved_by_principal_id, saved_time)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (agency_id) do update set version = excluded.version, purposes = excluded.purposes,
            categories = excluded.categories, legal_regime = excluded.legal_regime,
            transfer_basis = excluded.transfer_basis, valid_from_time = excluded.valid_from_time,
            valid_until_time = excluded.valid_until_time,
            saved_by_principal_id = excluded.saved_by_principal_id, saved_time = excluded.saved_time
        returning *
    )
    insert into agreement_version select * from saved
"""


class PostgresAgreements:
    """One row per agency; a change waits until disclosures that rest on the row have committed."""

    async def lock(self, tx: Transaction, agency_ids: Sequence[UUID]) -> dict[UUID, Agreement]:
        """The agreements of these agencies, locked for a change, in the order of ids.

        Changes wait for each other also where an agency has no agreement yet.
        """
        await tx.connection.execute("select pg_advisory_xact_lock(hashtext('agreement'))")
        rows = await tx.connection.fetch(
            f"select {_COLUMNS} from agreement where agency_id = any($1::uuid[])"  # noqa: S608  constant
            " order by agency_id for update",
            list(agency_ids),
        )
        return {row["agency_id"]: agreement_from(row) for row in rows}

    async def of_agencies(self, tx: Transaction, agency_ids: Sequence[UUID]) -> dict[UUID, Agreement]:
        """The agreements of these agencies as they stand, unlocked: to advise, never to release."""
        rows = await tx.connection.fetch(
            f"select {_COLUMNS} from agreement where agency_id = any($1::uuid[])",  # noqa: S608  constant
            list(agency_ids),
        )
        return {row["agency_id"]: agreement_from(row) for row in rows}

    async def save(self, tx: Transaction, agreement: Agreement, now: datetime) -> None:
        """Replaces the agency's agreement and keeps the version for ever."""
        await tx.connection.execute(
            _SAVE,
            agreement.agency_id,
            agreement.version,
            sorted(agreement.purposes),
            agreement.categories,
            agreement.legal_regime,
            agreement.transfer_basis,
            agreement.valid_from_time,
            agreement.valid_until_time,
            tx.caller.principal_id,
            now,
        )

    async def remind(self, tx: Transaction, agency_id: AgencyId) -> None:
        """Lets all who let the agency see something be told, by the timer of consent moments."""
        await tx.connection.execute("insert into agreement_moment (agency_id) values ($1)", agency_id)

    async def page(self, tx: Transaction, after: AgencyId | None, size: int) -> list[Agreement]:
        """Up to `size` agreements in the order of agency ids, those behind `after`."""
        rows = await tx.connection.fetch(
            f"select {_COLUMNS} from agreement where $1::uuid is null or agency_id > $1"  # noqa: S608  constant
            " order by agency_id limit $2",
            after,
            size,
        )
        return [agreement_from(row) for row in rows]


def agreement_from(row: Any) -> Agreement:
    """A row with all columns of an agreement."""
    return Agreement(
        agency_id=row["agency_id"],
        purposes=tuple(row["purposes"]),
        categories=row["categories"],
        legal_regime=LegalRegime(row["legal_regime"]),
        transfer_basis=row["transfer_basis"],
        valid_from_time=row["valid_from_time"],
        valid_until_time=row["valid_until_time"],
        version=row["version"],
    )
