"""Whether the hub has come to rest: nothing left to publish, to read, or to decide."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import asyncpg

SCHEMAS: Final = ("intake", "referral", "notifications", "access")

RESTING: Final = frozenset(
    [
        "COMPLETED",
        "NOT_COMPLETED",
        "WITHDRAWN",
        "CANCELLED",
        "ENTERED_IN_ERROR",
        "IN_SERVICE",
        "WAITLISTED",
        "AWAITING_PERSON",
        "UNMATCHED",
    ]
)
ON_REAL_CLOCKS: Final = RESTING | {"OFFERED", "ACCEPTED", "ACCEPTED_FOR_ASSESSMENT"}
"""An agency that stays silent for days leaves these behind when a day is played on real clocks."""

_OUTBOX = " + ".join(f"(select count(*) from {schema}.outbox)" for schema in SCHEMAS)
_UNPUBLISHED = " + ".join(
    f"(select logged_position - position from {schema}.publication)" for schema in SCHEMAS
)
_PROGRESS = " union all ".join(
    f"select source, topic, partition, position from {schema}.consumer_progress" for schema in SCHEMAS
)
_BEHIND = " union all ".join(
    f"""select 1 from {schema}.event_log as log
        where seen.source = '{schema}' and log.topic = seen.topic and log.partition = seen.partition
          and log.position > seen.position"""
    for schema in SCHEMAS
)
_WAITING = f"""
    select {_OUTBOX} + {_UNPUBLISHED} as outbox,
           (select count(*) from ({_PROGRESS}) as seen cross join lateral ({_BEHIND}) as behind) as lag
"""
_STATES = """
    select state, count(*) as referrals from referral.referral where referral_id = any($1::uuid[]) group by 1
"""
_INBOXES: Final = "select agency_id, last_sequence from notifications.recipient where inbox = 'AGENCY'"


@dataclass(frozen=True, slots=True)
class Rest:
    """What is still on its way; at rest when all of it is 0."""

    outbox: int
    lag: int
    states: dict[str, int]
    unresolved: int
    """Referrals in a state in which they do not rest, and recorded needs without a referral yet."""

    @property
    def is_complete(self) -> bool:
        return self.outbox == 0 and self.lag == 0 and self.unresolved == 0


async def look(connection: asyncpg.Connection, referral_ids: list[str], resting: frozenset[str]) -> Rest:
    """The present state of the hub and of these referrals, as its databases have it."""
    waiting = await connection.fetchrow(_WAITING)
    states = {row["state"]: row["referrals"] for row in await connection.fetch(_STATES, referral_ids)}
    at_rest = sum(number for state, number in states.items() if state in resting)
    return Rest(waiting["outbox"], waiting["lag"], states, len(referral_ids) - at_rest)


async def last_sequences(connection: asyncpg.Connection) -> dict[str, int]:
    """How far each agency's inbox goes."""
    return {str(row["agency_id"]): row["last_sequence"] for row in await connection.fetch(_INBOXES)}


async def until_at_rest(
    connection: asyncpg.Connection,
    referral_ids: Callable[[], list[str]],
    clients_are_done: Callable[[Mapping[str, int]], bool],
    resting: frozenset[str],
    patience_seconds: float,
    told: Callable[[Rest], None],
) -> Rest:
    """Waits until clients and hub have come to rest, twice in a row; or until patience ends.

    `clients_are_done` is told how far each agency's inbox goes: a client that is on its way back to a hub
    that was away is idle, and has yet to hear.
    Real clocks: a silent agency's offer does not move for days, so patience is what ends such a day.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_seconds
    calm = 0
    while True:
        rest = await look(connection, referral_ids(), resting)
        told(rest)
        calm = calm + 1 if rest.is_complete and clients_are_done(await last_sequences(connection)) else 0
        if calm >= 2 or loop.time() > until:
            return rest
        await asyncio.sleep(0.25)
