"""What only this service measures, by name."""

from typing import Final

import asyncpg
from opentelemetry import metrics

_meter = metrics.get_meter("kem")

pushed_deliveries = _meter.create_counter(
    "kem_pushed_deliveries", description="Deliveries that partners have taken at their own doors"
)
push_failures = _meter.create_counter(
    "kem_push_failures", description="Calls to partners' doors that failed, by reason"
)
sent_mails = _meter.create_counter("kem_sent_mails", description="Mails that the mail server has taken")
mail_failures = _meter.create_counter(
    "kem_mail_failures", description="Mails that the mail server did not take, by reason"
)
mail_notices = _meter.create_gauge("kem_mail_notices", description="Mail notices, by how they are doing")
push_endpoints = _meter.create_gauge(
    "kem_push_endpoints", description="Push endpoints, by how they are doing"
)
push_deliveries_waiting = _meter.create_gauge(
    "kem_push_deliveries_waiting",
    description="Deliveries that wait to be pushed, by how their endpoint is doing",
)

_LOOK: Final = """
    select state, count(e.recipient_id) as endpoints,
           coalesce(sum(greatest(r.last_sequence - greatest(e.pushed_sequence, r.forgotten_sequence), 0)), 0)
               as waiting
    from (values ('PUSHING'), ('FAILING'), ('GIVEN_UP')) states (state)
    left join push_endpoint e on state = case when e.given_up_time is not null then 'GIVEN_UP'
                                              when e.tries > 0 then 'FAILING' else 'PUSHING' end
    left join recipient r using (recipient_id)
    group by state
"""

_LOOK_AT_MAIL: Final = """
    select state, count(n.mail_notice_id) as notices
    from (values ('UNCONFIRMED'), ('ACTIVE'), ('FAILING'), ('GIVEN_UP')) states (state)
    left join mail_notice n on state = case when n.given_up_time is not null then 'GIVEN_UP'
                                            when n.tries > 0 then 'FAILING'
                                            when n.confirmed_time is null then 'UNCONFIRMED' else 'ACTIVE' end
    group by state
"""


async def look_at_mail(connection: asyncpg.Connection) -> None:
    """Reads the mail gauge."""
    for row in await connection.fetch(_LOOK_AT_MAIL):
        mail_notices.set(row["notices"], {"state": row["state"]})


async def look_at_push(connection: asyncpg.Connection) -> None:
    """Reads the push gauges; the same figures in every process of the service."""
    for row in await connection.fetch(_LOOK):
        push_endpoints.set(row["endpoints"], {"state": row["state"]})
        push_deliveries_waiting.set(int(row["waiting"]), {"state": row["state"]})
