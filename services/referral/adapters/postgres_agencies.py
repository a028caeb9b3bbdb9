"""Member organisations."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from chassis.postgres import Transaction
from kernel.errors import Conflict
from kernel.ids import AgencyId
from services.referral.domain.directory import Agency
from services.referral.domain.directory_events import AgencySaved

_SAVE: Final = """
    insert into agency as known (agency_id, code, name_el, name_en, committees, sample, saved_time)
    select agency_id, code, name_el, name_en, committees, sample, $2
    from jsonb_to_recordset($1::jsonb) as saved (
        agency_id uuid, code text, name_el text, name_en text, committees text[], sample boolean
    )
    order by agency_id
    on conflict (agency_id) do update set code = excluded.code, name_el = excluded.name_el,
        name_en = excluded.name_en, committees = excluded.committees, sample = excluded.sample,
        version = known.version + 1, saved_time = excluded.saved_time
    where (known.code, known.name_el, known.name_en, known.committees, known.sample) is distinct from
        (excluded.code, excluded.name_el, excluded.name_en, excluded.committees, excluded.sample)
    returning known.agency_id, known.version
"""
_FIND: Final = """
    select agency_id, code, name_el, name_en, committees, sample, version from agency where agency_id = $1
"""
_LIST: Final = """
    select agency_id, code, name_el, name_en, committees, sample, version from agency
    where code > $1 and ($2 = '' or code = $2)
    order by code
    limit $3
"""


class CodeTaken(Conflict):
    """Another agency has this code."""

    reason = "AGENCY_CODE_TAKEN"


class PostgresAgencies:
    """The table `agency`; public knowledge, so nobody's rows are hidden."""

    async def save(self, tx: Transaction, agencies: Sequence[Agency], now: datetime) -> list[AgencySaved]:
        """Adds and changes in one statement; answers those that are new or differ.

        Raises:
            CodeTaken: two agencies would have one code.
        """
        written = [
            {
                "agency_id": str(agency.agency_id),
                "code": agency.code,
                "name_el": agency.name_el,
                "name_en": agency.name_en,
                "committees": agency.committees,
                "sample": agency.sample,
            }
            for agency in agencies
        ]
        try:
            rows = await tx.connection.fetch(_SAVE, json.dumps(written), now)
        except asyncpg.UniqueViolationError:
            raise CodeTaken("Another agency has this code; codes are given once.") from None
        return [AgencySaved(AgencyId(row["agency_id"]), row["version"]) for row in rows]

    async def known(self, tx: Transaction, agency_ids: Collection[UUID]) -> set[AgencyId]:
        """Those of the ids that are agencies."""
        rows = await tx.connection.fetch(
            "select agency_id from agency where agency_id = any($1)", list(agency_ids)
        )
        return {AgencyId(row["agency_id"]) for row in rows}

    async def code_of(self, tx: Transaction, agency_id: UUID) -> str | None:
        """The agency's code; None where there is no such agency."""
        code: str | None = await tx.connection.fetchval(
            "select code from agency where agency_id = $1", agency_id
        )
        return code

    async def find(self, tx: Transaction, agency_id: UUID) -> Agency | None:
        """The agency; None where there is none of this id."""
        row = await tx.connection.fetchrow(_FIND, agency_id)
        return None if row is None else _agency(row)

    async def page(self, tx: Transaction, *, code: str, after: str, limit: int) -> tuple[list[Agency], int]:
        """Agencies by code, and how many there are in all; `code` empty: all."""
        total = await tx.connection.fetchval(
            "select count(*)::integer from agency where $1 = '' or code = $1", code
        )
        rows = await tx.connection.fetch(_LIST, after, code, limit)
        return [_agency(row) for row in rows], total


def _agency(row: asyncpg.Record) -> Agency:
    return Agency(
        agency_id=AgencyId(row["agency_id"]),
        code=row["code"],
        name_el=row["name_el"],
        name_en=row["name_en"],
        committees=tuple(row["committees"]),
        sample=row["sample"],
        version=row["version"],
    )
