"""What only this service measures, by name."""

from typing import Final

import asyncpg
from opentelemetry import metrics

_meter = metrics.get_meter("kem")

offers_past_window = _meter.create_gauge(
    "kem_offers_past_window", description="Open offers whose time has run out and that have not expired yet"
)
offer_overdue_seconds = _meter.create_gauge(
    "kem_offer_overdue_seconds", description="How long the time of the oldest of them has run out"
)

_LOOK: Final = """
    select count(*) as offers,
           coalesce(extract(epoch from clock_timestamp() - min(respond_by_time)), 0)::float8 as seconds
    from offer where state in ('SENT', 'NEEDS_INFORMATION') and respond_by_time < clock_timestamp()
"""


async def look_at_offers(connection: asyncpg.Connection) -> None:
    """Reads what the timers should have worked off; the same figures in every process of the service."""
    row = await connection.fetchrow(_LOOK)
    offers_past_window.set(row["offers"])
    offer_overdue_seconds.set(row["seconds"])
