"""What only this service measures, by name."""

from typing import Final

import asyncpg
from opentelemetry import metrics

from services.access.domain.sign_in_tries import FREE_TRIES, SHORT_MEMORY

_meter = metrics.get_meter("kem")

sign_in_failures = _meter.create_gauge(
    "kem_sign_in_failures",
    description="Failed sign-ins of the last hour that no success has followed, five of each login at most",
)
sign_in_failures_in_a_row = _meter.create_gauge(
    "kem_sign_in_failures_in_a_row",
    description="The most failures in a row of one login, of those that were tried within the last hour",
)

_MOST_LOOKED_AT: Final = 1000
"""The latest ones: a flood is seen in them, and costs no more to look at."""

_FAILURES: Final = """
    select coalesce(sum(least(tries, $2::integer)), 0) as failures, coalesce(max(tries), 0) as in_a_row
    from (select tries from sign_in_try where last_try_time > clock_timestamp() - $1::interval
          order by last_try_time desc limit $3) as lately
"""


async def look_at_sign_ins(connection: asyncpg.Connection) -> None:
    """Reads how much is guessed, of one login and of many; the same figures in every process.

    A success takes its login's failures out, and a day without a try. Logins that nobody has count alike.
    """
    row = await connection.fetchrow(_FAILURES, SHORT_MEMORY, FREE_TRIES, _MOST_LOOKED_AT)
    sign_in_failures.set(row["failures"])
    sign_in_failures_in_a_row.set(row["in_a_row"])
