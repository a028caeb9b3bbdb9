"""What retention has destroyed, in PostgreSQL. Rows are only added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId

_ADD: Final = """
    with destroyed as (
        insert into destruction (destruction_id, cause, rules_version, sealed_words, decided_by_principal_id,
            destroyed_time)
        values ($1, case when $3::bytea is null then 'RESTORED' else 'DUE' end, $2, $3, $4, $5)
    )
    insert into destroyed_key (destruction_id, destroyed_time, key_id, beneficiary_id, key_class, due_time,
        is_whole)
    select $1, $5, gone.*
    from unnest($6::uuid[], $7::uuid[], $8::text[], $9::timestamptz[], $10::boolean[]) as gone
    on conflict (key_id) do nothing
"""


@dataclass(frozen=True, slots=True)
class DestroyedDueKey:
    """A key that is gone since it was due; `is_whole`: the person was erased with it."""

    key_id: UUID
    beneficiary_id: BeneficiaryId
    key_class: str
    due_time: datetime
    is_whole: bool


class PostgresDestructions:
    """The tables `destruction` and `destroyed_key`."""

    async def add(
        self,
        tx: Transaction,
        destruction_id: UUID,
        rules_version: int,
        sealed_words: bytes | None,
        keys: Sequence[DestroyedDueKey],
        now: datetime,
    ) -> None:
        """Puts on record what the caller has had destroyed; without words, what came back and went again."""
        await tx.connection.execute(
            _ADD,
            destruction_id,
            rules_version,
            sealed_words,
            tx.caller.principal_id,
            now,
            [one.key_id for one in keys],
            [one.beneficiary_id for one in keys],
            [one.key_class for one in keys],
            [one.due_time for one in keys],
            [one.is_whole for one in keys],
        )
