"""What only this service measures, by name."""

from typing import Final

import asyncpg
from opentelemetry import metrics

from services.intake.domain.search_allowance import WINDOW

_meter = metrics.get_meter("kem")

emergency_reviews_open = _meter.create_gauge(
    "kem_emergency_reviews_open", description="What was given without consent and nobody has reviewed yet"
)
emergency_reviews_overdue = _meter.create_gauge(
    "kem_emergency_reviews_overdue", description="Those of them whose time is over"
)

rights_requests_open = _meter.create_gauge(
    "kem_rights_requests_open", description="What people have asked by right and nobody has answered yet"
)
rights_requests_overdue = _meter.create_gauge(
    "kem_rights_requests_overdue", description="Those of them whose time is over"
)

searchers_alarmed = _meter.create_gauge(
    "kem_searchers_alarmed",
    description="Workers to whom searches showed too many people within the last hour",
)
complaints_open = _meter.create_gauge(
    "kem_complaints_open", description="Complaints that nobody has answered yet"
)
complaints_overdue = _meter.create_gauge(
    "kem_complaints_overdue", description="Those of them whose time is over"
)
recalls_open = _meter.create_gauge(
    "kem_recalls_open", description="What agencies were asked to destroy and have not answered"
)
recalls_overdue = _meter.create_gauge("kem_recalls_overdue", description="Those of them whose time is over")

_LOOK: Final = """
    select count(*) as waiting, count(*) filter (where due_time <= clock_timestamp()) as overdue
    from {} is null
"""
_REVIEWS: Final = _LOOK.format("emergency_review where finding")
_RIGHTS: Final = _LOOK.format("rights_request where answer")
_COMPLAINTS: Final = _LOOK.format("complaint where finding")
_SEARCHERS: Final = """
    select count(*) from search_tally where alarmed_time > clock_timestamp() - $1::interval
"""
_RECALLS: Final = _LOOK.format("recall where acknowledged_time")


async def look_at_reviews(connection: asyncpg.Connection) -> None:
    """Reads what waits for a review; the same figures in every process of the service."""
    row = await connection.fetchrow(_REVIEWS)
    emergency_reviews_open.set(row["waiting"])
    emergency_reviews_overdue.set(row["overdue"])


async def look_at_rights_requests(connection: asyncpg.Connection) -> None:
    """Reads what waits for an answer; the same figures in every process of the service."""
    row = await connection.fetchrow(_RIGHTS)
    rights_requests_open.set(row["waiting"])
    rights_requests_overdue.set(row["overdue"])


async def look_at_searches(connection: asyncpg.Connection) -> None:
    """Reads how many workers an alarm was raised about; the same figure in every process of the service."""
    searchers_alarmed.set(await connection.fetchval(_SEARCHERS, WINDOW))


async def look_at_complaints(connection: asyncpg.Connection) -> None:
    """Reads which complaints wait for an answer; the same figures in every process of the service."""
    row = await connection.fetchrow(_COMPLAINTS)
    complaints_open.set(row["waiting"])
    complaints_overdue.set(row["overdue"])


async def look_at_recalls(connection: asyncpg.Connection) -> None:
    """Reads which agencies have not answered; the same figures in every process of the service."""
    row = await connection.fetchrow(_RECALLS)
    recalls_open.set(row["waiting"])
    recalls_overdue.set(row["overdue"])
