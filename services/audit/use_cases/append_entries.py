"""Enters events into the ledger: each once, each source's in the order of its positions, none left out."""

import os
from collections.abc import Callable, Iterable, Sequence
from heapq import merge
from typing import Any, Final

from chassis.events import IncomingEvent
from chassis.postgres import Transaction
from services.audit.adapters.postgres_ledger import Head, PostgresLedger, Row
from services.audit.domain.entry import SALT_BYTES, Told, body_of
from services.audit.domain.tree import Place, leaf_hash

MOST_EARLY: Final = 5_000
"""Of what has waited for its turn, in one batch."""


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
        known = {event.position: event for event in coming if event.position >= due}
        for event in await ledger.early(tx, source, due, MOST_EARLY):
            known.setdefault(event.position, event)
        run = []
        while due in known:
            run.append(known.pop(due))
            due += 1
        runs.append(run)
        early += known.values()
    await ledger.stash(tx, early)
    rows: list[Row] = []
    nodes: list[tuple[Place, bytes]] = []
    for event in merge(*runs, key=_happened):
        row = _row(told(event), head, salt)
        nodes += head.edge.append(leaf_hash(row.body))
        head.marks[row.source] = row.position
        rows.append(row)
    if rows:
        await ledger.enter(tx, head, rows, nodes)
    return len(rows)


def _row(one: Told, head: Head, salt: Callable[[int], bytes]) -> Row:
    index = head.edge.size
    return Row(
        index=index,
        source=one.source,
        position=one.position,
        event_id=one.event_id,
        kind=one.type,
        event_time=one.event_time,
        body=body_of(one, index, salt(SALT_BYTES), head.now),
        actor_id=one.actor_id,
        agency_id=one.agency_id,
        subjects=one.subjects,
    )


def _by_source(events: Iterable[IncomingEvent]) -> dict[str, list[IncomingEvent]]:
    found: dict[str, list[IncomingEvent]] = {}
    for event in events:
        found.setdefault(event.source, []).append(event)
    return found


def _happened(event: IncomingEvent) -> Any:
    return event.event_time
