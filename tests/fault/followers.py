"""A process with referral's relay and the real readers of intake and notifications, which a test kills."""

import asyncio
import json
import sys
from typing import Final

from chassis.postgres import Database
from chassis.reader import ProjectionReader
from chassis.relay import Relay
from chassis.stream import StreamRunner
from services.intake.adapters.holding_news import HoldingNews
from services.intake.adapters.postgres_held_referrals import PostgresHeldReferrals
from services.intake.adapters.postgres_needed_categories import PostgresNeededCategories
from services.intake.entrypoints import projection
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.entrypoints import stream
from tests.fault.runners import FETCH_WAIT_MILLISECONDS, SESSION_SECONDS

SCHEMAS: Final = ("intake", "referral", "notifications")


async def follow(urls: dict[str, str], bootstrap: str, parts: list[str]) -> None:
    """Runs these parts (relay, notifications, intake) until the process is killed."""
    databases = {schema: await Database.open(urls[schema], schema=schema) for schema in SCHEMAS}
    relay = Relay(databases["referral"], bootstrap, "referral", idempotence=False)
    deliveries = StreamRunner(
        "notifications",
        stream.CONSUMER,
        bootstrap,
        databases["notifications"],
        stream.TOPICS,
        stream.ReferralFacts(PostgresDeliveries()),
        fetch_wait_milliseconds=FETCH_WAIT_MILLISECONDS,
        session_seconds=SESSION_SECONDS,
    )
    held_referrals = ProjectionReader(
        "intake",
        projection.CONSUMER,
        bootstrap,
        databases["intake"],
        projection.TOPICS,
        projection.DisclosureFacts(PostgresHeldReferrals(), PostgresNeededCategories(), HoldingNews()),
        fetch_wait_milliseconds=FETCH_WAIT_MILLISECONDS,
        session_seconds=SESSION_SECONDS,
    )
    runs = {"relay": relay.run, "notifications": deliveries.run, "intake": held_referrals.run}
    await asyncio.gather(*(runs[part]() for part in parts))


if __name__ == "__main__":
    asyncio.run(follow(**json.loads(sys.stdin.readline())))
