"""What clients have said they have, in the recipient's row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import OfferId, RecipientId
from services.notifications.domain.recipient import InboxMarks

_LOCK: Final = """
    with locked as materialized (
        select recipient_id, last_sequence, acknowledged_sequence, forgotten_sequence, version from recipient
        where recipient_id = any($1::uuid[]) order by recipient_id for update
    )
    select locked.*, clock_timestamp() as now from locked
"""

_OFFERS: Final = """
    select run.recipient_id, offered.sequence, offered.offer_id
    from unnest($1::uuid[], $2::bigint[], $3::bigint[]) as run (recipient_id, after_sequence, up_to)
    cross join lateral (
        select sequence, offer_id from delivery
        where recipient_id = run.recipient_id and sequence > run.after_sequence and sequence <= run.up_to
            and kind = 'ReferralOffered'
        order by sequence limit $4
    ) as offered
    order by run.recipient_id, offered.sequence
"""

_ADVANCE: Final = """
    update recipient set acknowledged_sequence = advanced.up_to, version = version + 1
    from unnest($1::uuid[], $2::bigint[]) as advanced (recipient_id, up_to)
    where recipient.recipient_id = advanced.recipient_id
"""


@dataclass(frozen=True, slots=True)
class LockedInbox:
    """An inbox that nobody else can acknowledge or put into until the transaction ends.

    `locked_time` is when that began; None where there was nothing to lock.
    """

    marks: InboxMarks
    version: int
    locked_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRun:
    """Deliveries of one inbox behind a sequence, up to another one and including it."""

    recipient_id: RecipientId
    after_sequence: int
    up_to: int


class PostgresAcknowledgements:
    """The columns of `recipient` that tell what has arrived."""

    async def lock(
        self, tx: Transaction, recipient_ids: Sequence[RecipientId]
    ) -> dict[RecipientId, LockedInbox]:
        """Takes the locks in the order of ids; an inbox that was never used is all zeros and needs none."""
        rows = await tx.connection.fetch(_LOCK, list(recipient_ids))
        locked = dict.fromkeys(recipient_ids, LockedInbox(InboxMarks(), 0))
        for recipient_id, last, acknowledged, forgotten, version, now in rows:
            marks = InboxMarks(last, acknowledged, forgotten)
            locked[recipient_id] = LockedInbox(marks, version, tx.note_now(now))
        return locked

    async def offers(
        self, tx: Transaction, runs: Sequence[DeliveryRun], limit: int
    ) -> Mapping[RecipientId, list[tuple[int, OfferId]]]:
        """Offers made in the runs with their sequences, in order; of each run so many at most.

        Ask with the locks held, by a statement of its own: what was put in while a lock was waited for must
        be seen.
        """
        offers: dict[RecipientId, list[tuple[int, OfferId]]] = {run.recipient_id: [] for run in runs}
        if not runs:
            return offers
        rows = await tx.connection.fetch(
            _OFFERS,
            [run.recipient_id for run in runs],
            [run.after_sequence for run in runs],
            [run.up_to for run in runs],
            limit,
        )
        for row in rows:
            offers[row["recipient_id"]].append((int(row["sequence"]), OfferId(row["offer_id"])))
        return offers

    def advance(self, tx: Transaction, up_to: Mapping[RecipientId, int]) -> None:
        """Sets how far is acknowledged, with the commit; call it with the locks held and only forwards."""
        if up_to:
            tx.write_last(_ADVANCE, list(up_to), list(up_to.values()))
