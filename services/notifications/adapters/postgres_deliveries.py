"""Deliveries in PostgreSQL: written by one statement a batch, read in order."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol

import asyncpg

from chassis.postgres import Transaction
from kernel.ids import AgencyId, DeliveryId, EventId, OfferId, RecipientId, ReferralId, ServiceId, ordered_id
from kernel.time import utc
from kernel.vocabulary import Urgency
from services.notifications.domain.delivery import Delivery, DueDelivery, Sign
from services.notifications.domain.recipient import InboxMarks

# Recipients are locked in the order of their ids, whatever the order of the events: two batches that meet
# on the same inboxes wait for each other and never deadlock.
_PUT: Final = """
    with advanced as (
        insert into recipient as r (recipient_id, inbox, agency_id, last_sequence)
        select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[])
                      as told (recipient_id, inbox, agency_id, deliveries)
        order by recipient_id
        on conflict (recipient_id) do update set last_sequence = r.last_sequence + excluded.last_sequence
        returning r.recipient_id, r.agency_id, r.last_sequence
    ), placed as (
        insert into delivery (recipient_id, sequence, delivery_id, agency_id, event_id, kind, referral_id,
                              offer_id, service_id, urgency, respond_by_time, event_time, checkpoint_note)
        select recipient_id, advanced.last_sequence - due.later, delivery_id, advanced.agency_id, event_id,
               kind, referral_id, offer_id, service_id, urgency, respond_by_time, event_time, checkpoint_note
        from unnest($5::uuid[], $6::bigint[], $7::uuid[], $8::uuid[], $9::text[], $10::uuid[], $11::uuid[],
                    $12::uuid[], $13::text[], $14::timestamptz[], $15::timestamptz[], $16::text[])
             as due (recipient_id, later, delivery_id, event_id, kind, referral_id, offer_id, service_id,
                     urgency, respond_by_time, event_time, checkpoint_note)
        join advanced using (recipient_id)
    )
    select recipient_id, last_sequence from advanced
"""

_COLUMNS: Final = """
    d.recipient_id, d.sequence, d.delivery_id, d.event_id, d.kind, d.referral_id, d.offer_id, d.service_id,
    d.urgency, d.respond_by_time, d.event_time, d.checkpoint_note
"""

_PAGES: Final = f"""
    select reader.place, {_COLUMNS}
    from unnest($1::uuid[], $2::bigint[]) with ordinality as reader (recipient_id, after_sequence, place)
    cross join lateral (
        select * from delivery
        where recipient_id = reader.recipient_id and sequence > reader.after_sequence
        order by sequence limit $3
    ) d
"""  # noqa: S608 - column names only

_PAGE: Final = f"""
    select {_COLUMNS} from delivery d where d.recipient_id = $1 and d.sequence > $2
    order by d.sequence limit $3
"""  # noqa: S608 - column names only

_MARKS: Final = """
    select last_sequence, acknowledged_sequence, forgotten_sequence from recipient where recipient_id = $1
"""

_AGENCIES: Final = "select agency_id from recipient where inbox = 'AGENCY' order by agency_id"

_LAST_SEQUENCES: Final = (
    "select recipient_id, last_sequence from recipient where recipient_id = any($1::uuid[])"
)


class Readable(Protocol):
    """What reads: a transaction's connection, or a pool where one statement is the whole transaction."""

    async def fetch(self, query: str, /, *values: object) -> list[asyncpg.Record]: ...


class PostgresDeliveries:
    """The tables `recipient` and `delivery`."""

    async def put(self, tx: Transaction, due: Sequence[DueDelivery]) -> list[Delivery]:
        """Gives each its place, in this order within each inbox, and writes all by one statement.

        Inboxes that were never used are made. Until the commit nobody else can put into the inboxes touched.
        """
        if not due:
            return []
        inboxes = [one.recipient.recipient_id for one in due]
        later = _later_in_their_inbox(inboxes)
        recipients = dict(zip(inboxes, (one.recipient for one in due), strict=True))
        counts = Counter(inboxes)
        delivery_ids = [DeliveryId(ordered_id()) for _ in due]
        signs = [one.sign for one in due]
        last = {
            row["recipient_id"]: int(row["last_sequence"])
            for row in await tx.connection.fetch(
                _PUT,
                list(recipients),
                [recipient.inbox for recipient in recipients.values()],
                [recipient.agency_id for recipient in recipients.values()],
                [counts[recipient_id] for recipient_id in recipients],
                inboxes,
                later,
                delivery_ids,
                [sign.event_id for sign in signs],
                [sign.kind for sign in signs],
                [sign.referral_id for sign in signs],
                [sign.offer_id for sign in signs],
                [sign.service_id for sign in signs],
                [sign.urgency for sign in signs],
                [sign.respond_by_time for sign in signs],
                [sign.event_time for sign in signs],
                [sign.checkpoint_note for sign in signs],
            )
        }
        return [
            Delivery(delivery_id, inbox, last[inbox] - behind, sign)
            for delivery_id, inbox, behind, sign in zip(delivery_ids, inboxes, later, signs, strict=True)
        ]

    async def agencies(self, tx: Transaction) -> list[AgencyId]:
        """Those to whom something was ever delivered."""
        return [AgencyId(row["agency_id"]) for row in await tx.connection.fetch(_AGENCIES)]

    async def page(
        self, tx: Transaction, recipient_id: RecipientId, after_sequence: int, limit: int
    ) -> list[Delivery]:
        """The first deliveries behind a sequence, in order."""
        return [
            _delivery(row) for row in await tx.connection.fetch(_PAGE, recipient_id, after_sequence, limit)
        ]

    async def pages(
        self, reader: Readable, places: Sequence[tuple[RecipientId, int]], limit: int
    ) -> dict[tuple[RecipientId, int], list[Delivery]]:
        """The first deliveries behind each of many (inbox, sequence) places, by one statement."""
        pages: list[list[Delivery]] = [[] for _ in places]
        rows = await reader.fetch(
            _PAGES, [place[0] for place in places], [place[1] for place in places], limit
        )
        for row in rows:
            pages[row["place"] - 1].append(_delivery(row))
        return dict(zip(places, pages, strict=True))

    async def marks(self, tx: Transaction, recipient_id: RecipientId) -> InboxMarks:
        """How far an inbox has come; zeros where nothing was ever delivered."""
        row = await tx.connection.fetchrow(_MARKS, recipient_id)
        return InboxMarks(*row) if row else InboxMarks()

    async def last_sequences(
        self, reader: Readable, recipient_ids: Sequence[RecipientId]
    ) -> dict[RecipientId, int]:
        """The newest sequence of each inbox; inboxes that were never used are left out."""
        rows = await reader.fetch(_LAST_SEQUENCES, recipient_ids)
        return {row["recipient_id"]: int(row["last_sequence"]) for row in rows}


def _later_in_their_inbox(inboxes: Sequence[RecipientId]) -> list[int]:
    """For each delivery, how many of the batch come behind it in the same inbox."""
    seen: Counter[RecipientId] = Counter()
    later = []
    for inbox in reversed(inboxes):
        later.append(seen[inbox])
        seen[inbox] += 1
    return later[::-1]


def _delivery(row: asyncpg.Record) -> Delivery:
    return Delivery(
        delivery_id=DeliveryId(row["delivery_id"]),
        recipient_id=RecipientId(row["recipient_id"]),
        sequence=int(row["sequence"]),
        sign=Sign(
            kind=row["kind"],
            event_id=EventId(row["event_id"]),
            event_time=utc(row["event_time"]),
            referral_id=ReferralId(row["referral_id"]) if row["referral_id"] else None,
            offer_id=OfferId(row["offer_id"]) if row["offer_id"] else None,
            service_id=ServiceId(row["service_id"]) if row["service_id"] else None,
            urgency=Urgency(row["urgency"]) if row["urgency"] else None,
            respond_by_time=utc(row["respond_by_time"]) if row["respond_by_time"] else None,
            checkpoint_note=row["checkpoint_note"],
        ),
    )
