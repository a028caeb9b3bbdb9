"""Enters events into the ledger: each once, each source's in the order of its positions, none left out."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import merge
from itertools import count, takewhile
from typing import Any, Final

from chassis.events import IncomingEvent
from chassis.postgres import Transaction
from services.audit.adapters.postgres_ledger import Head, PostgresLedger, Row
from services.audit.domain.entry import SALT_BYTES, Told, body_of
from services.audit.domain.tree import Place, leaf_hash

AT_ONCE: Final = 5_000
"""Of what has waited for its turn, by one statement."""
_IN_A_ROW: Final = 500
"""Entries that are made before whoever calls is let in: some 30 ms."""


async def append_entries(
    events: Sequence[IncomingEvent],
    told: Callable[[IncomingEvent], Told],
    tx: Transaction,
    ledger: PostgresLedger,
    salt: Callable[[int], bytes] = os.urandom,
) -> int:
    """Answers how many entries were made: events before their turn wait, those entered before are dropped.

    Positions are those of one source across all its topics, and topics are read side by side: whatever comes
    before its turn is kept until the gap is filled. A gap that stays is found by ./kem check.
    """
    head = await ledger.lock(tx)
    runs: list[list[IncomingEvent]] = []
    early: list[IncomingEvent] = []
    for source, coming in _by_source(events).items():
        due = head.marks.get(source, 0) + 1
        there = {event.position: event for event in coming}
        run = _following(there, due)
        while waiting := await ledger.waiting(tx, source, due + len(run), AT_ONCE):
            there |= {event.position: event for event in waiting}
            run += _following(there, due + len(run))
        runs.append(run)
        early += [event for event in coming if event.position >= due + len(run)]
    await ledger.stash(tx, early)
    rows: list[Row] = []
    nodes: list[tuple[Place, bytes]] = []
    for event in merge(*runs, key=_happened):
        if len(rows) % _IN_A_ROW == 0:
            await asyncio.sleep(0)
        row = _row(told(event), head, salt)
        nodes += head.edge.append(row.leaf_hash)
        head.marks[row.source] = row.position
        rows.append(row)
    if rows:
        await ledger.enter(tx, head, rows, nodes)
    return len(rows)


def _row(one: Told, head: Head, salt: Callable[[int], bytes]) -> Row:
    index = head.edge.size
    body = body_of(one, index, salt(SALT_BYTES), head.now)
    return Row(
        entry_index=index,
        source=one.source,
        position=one.position,
        event_id=one.event_id,
        kind=one.type,
        event_time=one.event_time,
        recorded_time=head.now,
        actor_id=one.actor_id,
        agency_id=one.agency_id,
        body=body.decode(),
        leaf_hash=leaf_hash(body),
        subjects=one.subjects,
    )


def _following(there: Mapping[int, IncomingEvent], due: int) -> list[IncomingEvent]:
    return [there[position] for position in takewhile(there.__contains__, count(due))]


def _by_source(events: Iterable[IncomingEvent]) -> dict[str, list[IncomingEvent]]:
    found: dict[str, list[IncomingEvent]] = {}
    for event in events:
        found.setdefault(event.source, []).append(event)
    return found


def _happened(event: IncomingEvent) -> Any:
    return event.event_time
