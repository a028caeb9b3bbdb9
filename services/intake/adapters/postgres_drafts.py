"""Drafts in PostgreSQL. Row-level security shows whoever wrote them theirs, and nobody anything else."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.adapters.draft_sealing import DraftSealer, SealedDraft
from services.intake.adapters.keys import WrappedKey
from services.intake.domain.draft import Draft

_AS_WRITER: Final = "select set_config('app.principal', $1, true)"  # ends with the transaction
_HOLD: Final = "select pg_advisory_xact_lock(hashtextextended('draft ' || $1, 0))"
_COLUMNS: Final = "draft_id, kind, beneficiary_id, revision, begun_time, saved_time"
_LIVE: Final = "expires_time > clock_timestamp() and epoch = any($1::int[])"
_LIST: Final = f"""
    select {_COLUMNS} from draft where {_LIVE} order by saved_time desc, draft_id
"""  # noqa: S608  constants
_READ: Final = f"""
    select {_COLUMNS}, key_id, epoch, wrapped, sealed_content from draft where {_LIVE} and draft_id = $2
"""  # noqa: S608  constants
_SAVE: Final = f"""
    insert into draft ({_COLUMNS}, expires_time, principal_id, agency_id, key_id, epoch, wrapped,
        sealed_content)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    on conflict (principal_id, agency_id, draft_id) do update set kind = excluded.kind,
        beneficiary_id = excluded.beneficiary_id, revision = excluded.revision,
        begun_time = excluded.begun_time, saved_time = excluded.saved_time,
        expires_time = excluded.expires_time, key_id = excluded.key_id, epoch = excluded.epoch,
        wrapped = excluded.wrapped, sealed_content = excluded.sealed_content
"""  # noqa: S608  constants
_DISCARD: Final = "delete from draft where draft_id = $1"
_FORGET: Final = """
    delete from draft where (principal_id, agency_id, draft_id) in (
        select principal_id, agency_id, draft_id from draft where expires_time <= clock_timestamp()
        limit 500
    )
"""


class PostgresDrafts:
    """The caller's own. Call `as_writer` first in a transaction: before it there are none."""

    def __init__(self, sealer: DraftSealer) -> None:
        self._sealer = sealer

    async def as_writer(self, tx: Transaction) -> None:
        """From here on the transaction sees the caller's drafts."""
        await tx.connection.execute(_AS_WRITER, str(tx.caller.principal_id))

    async def hold(self, tx: Transaction) -> None:
        """Keeps the caller's other calls from saving until the transaction ends."""
        await tx.connection.execute(_HOLD, str(tx.caller.principal_id))

    async def list(self, tx: Transaction) -> list[Draft]:
        """All that can be read, those saved last first."""
        rows = await tx.connection.fetch(_LIST, self._sealer.epochs())
        return [_draft(row) for row in rows]

    async def read(self, tx: Transaction, draft_id: UUID) -> tuple[Draft, bytes] | None:
        """A draft and what it says; None where there is none that can be read."""
        row = await tx.connection.fetchrow(_READ, self._sealer.epochs(), draft_id)
        if row is None:
            return None
        key = WrappedKey(row["epoch"], row["wrapped"])
        sealed = SealedDraft(row["key_id"], key, row["sealed_content"])
        content = self._sealer.open(tx.caller.principal_id, draft_id, sealed)
        return None if content is None else (_draft(row), content)

    async def save(self, tx: Transaction, draft: Draft, agency_id: AgencyId, content: bytes) -> None:
        """Keeps it in place of whatever was there, under a fresh key."""
        writer_id = tx.caller.principal_id
        sealed = self._sealer.seal(writer_id, draft.draft_id, content)
        await tx.connection.execute(
            _SAVE,
            *(getattr(draft, name) for name in Draft.__dataclass_fields__),
            draft.expires_time,
            writer_id,
            agency_id,
            sealed.key_id,
            sealed.key.epoch,
            sealed.key.wrapped,
            sealed.content,
        )

    async def discard(self, tx: Transaction, draft_id: UUID) -> None:
        """Destroys it."""
        await tx.connection.execute(_DISCARD, draft_id)


async def destroy_drafts_of(tx: Transaction, people: Collection[BeneficiaryId]) -> None:
    """Destroys whatever anybody has begun to write about locked people."""
    await tx.connection.execute("select destroy_drafts_of($1::uuid[])", list(people))


async def forget_drafts(tx: Transaction) -> int:
    """Destroys drafts whose time is over; answers how many, up to 500 at a time. For a timer."""
    done: str = await tx.connection.execute(_FORGET)
    return int(done.rpartition(" ")[2])


def _draft(row: Any) -> Draft:
    person: UUID | None = row["beneficiary_id"]
    begun_time: datetime = row["begun_time"]
    return Draft(
        row["draft_id"],
        row["kind"],
        None if person is None else BeneficiaryId(person),
        row["revision"],
        begun_time,
        row["saved_time"],
    )
