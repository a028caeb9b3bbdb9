"""The ledger of the healthy hub: all that its services have logged."""

from chassis.caller import Caller
from chassis.events import IncomingEvent
from chassis.postgres import Database
from services.audit.adapters.postgres_ledger import PostgresLedger
from services.audit.entrypoints.translate_events import told
from services.audit.use_cases.append_entries import append_entries
from tests.integration.check.healthy_hub import HealthyHub

SOURCES = ("intake", "referral", "notifications", "access")


async def plant_ledger(hub: HealthyHub) -> None:
    """Enters everything, by the service's own code."""
    database = await Database.open(hub.files.worker_url("audit"), schema="audit", codec=None)
    events = [
        IncomingEvent(
            event_id=row["event_id"],
            topic=row["topic"],
            partition=row["partition"],
            offset=0,
            position=row["position"],
            key=b"",
            type=row["type"],
            event_time=row["event_time"],
            traceparent=None,
            payload=row["payload"],
            source=source,
        )
        for source in SOURCES
        for row in await hub.connection.fetch(f"select * from {source}.event_log order by position")
    ]
    async with database.transaction(Caller.of_service("audit")) as tx:
        await append_entries(events, told, tx, PostgresLedger())
    await database.close()
