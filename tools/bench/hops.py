"""Where the time from a need to its offer goes, by the instants that the databases have kept."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import asyncpg

from tools.bench.arrivals import Arrivals
from tools.bench.statistics import percentiles_ms

_INSTANTS: Final = """
    select need.referral_id::text, need.recorded_time, offer.offered_time,
           delivery.recorded_time as delivered_time
      from intake.need
      join referral.offer on offer.referral_id = need.referral_id
      join notifications.delivery on delivery.offer_id = offer.offer_id and delivery.kind = 'ReferralOffered'
      join notifications.recipient on recipient.recipient_id = delivery.recipient_id
       and recipient.inbox = 'AGENCY'
     where need.referral_id = any($1::uuid[])
"""

HOPS: Final = ("to_intake", "to_referral", "to_notifications", "to_screen")
"""Until intake's statement writes the need; until referral's transaction makes the offer; until that of
notifications writes the delivery; until it is on the screen. What follows a statement up to its commit
belongs to the next hop."""


async def hops_ms(
    connection: asyncpg.Connection, intended: Mapping[str, float], arrivals: Arrivals
) -> dict[str, float]:
    """The median of each hop, in milliseconds.

    Args:
        intended: by referral, the monotonic second at which the call was to be made.
    """
    ahead = time.time() - time.monotonic()
    rows = await connection.fetch(_INSTANTS, list(intended))
    hops: dict[str, list[float]] = {hop: [] for hop in HOPS}
    for row in rows:
        referral_id = row["referral_id"]
        instants = [
            intended[referral_id] + ahead,
            *_seconds(row[name] for name in ("recorded_time", "offered_time", "delivered_time")),
            arrivals.offered[referral_id].at + ahead,
        ]
        for hop, begin, end in zip(HOPS, instants, instants[1:], strict=False):
            hops[hop].append(end - begin)
    return {hop: percentiles_ms(found)["p50"] for hop, found in hops.items()}


def _seconds(instants: Iterable[datetime]) -> Iterable[float]:
    return (instant.timestamp() for instant in instants)
