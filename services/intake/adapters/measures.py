"""What only this service measures, by name."""

from typing import Final

import asyncpg
from opentelemetry import metrics

_meter = metrics.get_meter("kem")

emergency_reviews_open = _meter.create_gauge(
    "kem_emergency_reviews_open", description="What was given without consent and nobody has reviewed yet"
)
emergency_reviews_overdue = _meter.create_gauge(
    "kem_emergency_reviews_overdue", description="Those of them whose time is over"
)

_LOOK: Final = """
    select count(*) as waiting, count(*) filter (where due_time <= clock_timestamp()) as overdue
    from emergency_review where finding is null
"""


async def look_at_reviews(connection: asyncpg.Connection) -> None:
    """Reads what waits for a review; the same figures in every process of the service."""
    row = await connection.fetchrow(_LOOK)
    emergency_reviews_open.set(row["waiting"])
    emergency_reviews_overdue.set(row["overdue"])
