"""A person's grant cells in PostgreSQL: locked to be changed, or read as they stand to advise."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, ConsentId
from services.intake.adapters.consent_rows import CELL_COLUMNS, cell_from
from services.intake.domain.cells import Cell

_OPEN_CELLS: Final = f"""
    select {CELL_COLUMNS} from grant_cell as cell
    where beneficiary_id = any($1::uuid[])
      and withdrawn_time is null and valid_until_time > clock_timestamp()
      and not exists (select from consent_freeze as frozen
                      where frozen.beneficiary_id = cell.beneficiary_id and frozen.lifted_time is null)
    order by beneficiary_id
"""  # noqa: S608  constant
# of people with merged records: what is permitted on the record itself, less what is denied on any of them
_OPEN_CELLS_AS_ONE: Final = f"""
    with record as materialized (
        select person as person_id, person as record_id from unnest($1::uuid[]) as person
        union all
        select beneficiary_id, other_id from same_person
        where beneficiary_id = any($1::uuid[]) and unmerged_time is null
    )
    select record.person_id, {", ".join(f"cell.{name.strip()}" for name in CELL_COLUMNS.split(","))}
    from record join grant_cell as cell on cell.beneficiary_id = record.record_id
    where cell.withdrawn_time is null and cell.valid_until_time > clock_timestamp()
      and (record.record_id = record.person_id or cell.effect = 'DENY')
      and not exists (
          select from record as own join consent_freeze as frozen on frozen.beneficiary_id = own.record_id
          where own.person_id = record.person_id and frozen.lifted_time is null)
    order by record.person_id
"""  # noqa: S608  constant
_REMIND_OF_DENIALS: Final = """
    insert into consent_moment (due_time, beneficiary_id)
    select distinct moment, seen.beneficiary_id
    from same_person as seen
    join grant_cell as cell on cell.beneficiary_id = seen.other_id
    cross join unnest(array[cell.valid_from_time, cell.valid_until_time]) as moment
    where seen.beneficiary_id = any($1::uuid[]) and seen.unmerged_time is null
      and cell.effect = 'DENY' and ($2::uuid is null or cell.consent_id = $2)
      and moment > clock_timestamp()
"""


async def lock_cells(tx: Transaction, beneficiary_id: BeneficiaryId) -> tuple[Cell, ...]:
    """The person's cells that no withdrawal has closed, locked against disclosures and other changes."""
    rows = await tx.connection.fetch(
        f"select {CELL_COLUMNS} from grant_cell where beneficiary_id = $1 and withdrawn_time is null"  # noqa: S608  constant
        " order by cell_id for update",
        beneficiary_id,
    )
    return tuple(cell_from(row) for row in rows)


async def open_cells(
    tx: Transaction, beneficiary_ids: Sequence[UUID], merged: Sequence[UUID] = ()
) -> dict[UUID, tuple[Cell, ...]]:
    """The cells of these people that have not ended, unlocked: to advise, never to release.

    None of somebody whose consent is frozen. Of `merged`, those among them with other records, there are
    the denials of these records too, and a freeze of one is a freeze of all.
    """
    rows = await tx.connection.fetch(_OPEN_CELLS, list(beneficiary_ids))
    of_record = groupby((cell_from(row) for row in rows), key=lambda cell: cell.beneficiary_id)
    found = {beneficiary_id: tuple(cells) for beneficiary_id, cells in of_record}
    if merged:
        rows = await tx.connection.fetch(_OPEN_CELLS_AS_ONE, list(merged))
        of_person = groupby(rows, key=lambda row: row["person_id"])
        found |= dict.fromkeys(merged, ())
        found |= {person_id: tuple(map(cell_from, own)) for person_id, own in of_person}
    return found


async def remind_of_denials(
    tx: Transaction, beneficiary_ids: Sequence[BeneficiaryId], consent_id: ConsentId | None = None
) -> None:
    """Has told of these people when a denial on another record of theirs begins or ends by time alone.

    Args:
        consent_id: of this record only.
    """
    await tx.connection.execute(_REMIND_OF_DENIALS, list(beneficiary_ids), consent_id)
