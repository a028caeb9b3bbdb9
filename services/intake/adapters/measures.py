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

consent_reviews_overdue = _meter.create_gauge(
    "kem_consent_reviews_overdue",
    description="Consent frozen because somebody else decides now, and that no officer has looked at in time",
)

retention_overdue = _meter.create_gauge(
    "kem_retention_overdue",
    description="People of whom something should have been destroyed by now, and nothing holds it back",
)

tellings_overdue = _meter.create_gauge(
    "kem_tellings_overdue",
    description="What authorities were given and no officer looked at in time: whether to tell the person",
)

_TELLINGS: Final = "select count(*) from telling_review where review_time <= clock_timestamp()"
_CONSENT_REVIEWS: Final = """
    select count(*) from consent_freeze join beneficiary using (beneficiary_id)
    where lifted_time is null and due_time <= clock_timestamp() and erased_time is null
"""
_LOOK: Final = """
    select count(*) as waiting, count(*) filter (where due_time <= clock_timestamp()) as overdue
    from {} is null
"""
_SEARCHERS: Final = """
    select count(*) from search_tally where alarmed_time > clock_timestamp() - $1::interval
"""


async def look_at_reviews(connection: asyncpg.Connection) -> None:
    """Reads what waits for a review; the same figures in every process of the service."""
    await _look(
        connection, "emergency_review where finding", emergency_reviews_open, emergency_reviews_overdue
    )


async def look_at_rights_requests(connection: asyncpg.Connection) -> None:
    """Reads what waits for an answer; the same figures in every process of the service."""
    await _look(connection, "rights_request where answer", rights_requests_open, rights_requests_overdue)


async def look_at_complaints(connection: asyncpg.Connection) -> None:
    """Reads which complaints wait for an answer; the same figures in every process of the service."""
    await _look(connection, "complaint where finding", complaints_open, complaints_overdue)


async def look_at_recalls(connection: asyncpg.Connection) -> None:
    """Reads which agencies have not answered; the same figures in every process of the service."""
    await _look(connection, "recall where acknowledged_time", recalls_open, recalls_overdue)


async def look_at_consent_reviews(connection: asyncpg.Connection) -> None:
    """Reads whose former guardian's consent nobody has looked at; the same figure in every process."""
    consent_reviews_overdue.set(await connection.fetchval(_CONSENT_REVIEWS))


async def look_at_tellings(connection: asyncpg.Connection) -> None:
    """Reads of whom it should be looked at again whether they may be told; the same in every process."""
    tellings_overdue.set(await connection.fetchval(_TELLINGS))


async def look_at_searches(connection: asyncpg.Connection) -> None:
    """Reads how many workers an alarm was raised about; the same figure in every process of the service."""
    searchers_alarmed.set(await connection.fetchval(_SEARCHERS, WINDOW))


async def _look(
    connection: asyncpg.Connection, unanswered: str, waiting: metrics._Gauge, overdue: metrics._Gauge
) -> None:
    row = await connection.fetchrow(_LOOK.format(unanswered))
    waiting.set(row["waiting"])
    overdue.set(row["overdue"])


LOOKS: Final = (
    look_at_reviews,
    look_at_rights_requests,
    look_at_complaints,
    look_at_recalls,
    look_at_consent_reviews,
    look_at_tellings,
    look_at_searches,
)
"""All that this service looks at."""
