"""The healthy hub, whole: everything in it is as it must be, so that single things can be broken."""

import asyncpg

from tests.integration.check.healthy_consents import plant_consents
from tests.integration.check.healthy_emergencies import plant_emergencies
from tests.integration.check.healthy_hub import HealthyHub
from tests.integration.check.healthy_merges import plant_merges
from tests.integration.check.healthy_recalls import plant_recall
from tests.integration.check.healthy_referrals import plant_referrals, story
from tests.integration.check.healthy_retention import plant_retention
from tests.integration.check.healthy_rights import plant_rights
from tests.integration.check.healthy_staff import plant_staff
from tests.support.postgres import FreshDatabase


async def build(files: FreshDatabase, connection: asyncpg.Connection) -> HealthyHub:
    """Plants everything."""
    hub = HealthyHub(files, connection)
    await connection.execute("set session_replication_role = replica")  # foreign keys are not the point
    await plant_consents(hub)
    await plant_emergencies(hub)
    await plant_rights(hub)
    await plant_recall(hub)
    await plant_merges(hub)
    await plant_retention(hub)
    await plant_referrals(hub)
    await hub.tell(*story(hub))
    await plant_staff(hub)
    return hub
