"""The ledger of the healthy hub: all that its services have logged."""

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.caller import Caller
from chassis.events import IncomingEvent
from chassis.postgres import Database
from services.audit.adapters.checkpoint_key import CheckpointKey
from services.audit.adapters.event_codec import encode_event
from services.audit.adapters.postgres_checkpoints import PostgresCheckpoints
from services.audit.adapters.postgres_ledger import PostgresLedger
from services.audit.domain.facts import CheckpointGiven
from services.audit.entrypoints.translate_events import told
from services.audit.use_cases.append_entries import append_entries
from services.audit.use_cases.sign_checkpoint import sign_checkpoint
from tests.integration.check.healthy_hub import EARLIER, HealthyHub

SOURCES = ("intake", "referral", "notifications", "access")


async def plant_ledger(hub: HealthyHub) -> None:
    """Enters everything, by the service's own code, and gives every agency a checkpoint."""
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
    key = CheckpointKey("kem.test/ledger", Ed25519PrivateKey.from_private_bytes(b"7" * 32))
    checkpoints = PostgresCheckpoints()
    async with database.transaction(Caller.of_service("audit")) as tx:
        await append_entries(events, told, tx, PostgresLedger())
        await sign_checkpoint(1, timedelta(0), tx, checkpoints, key)
        newest = await checkpoints.newest(tx)
        assert newest is not None
        await checkpoints.give(tx, 1, newest.size, newest.signed_time)
    await database.close()
    given = encode_event(
        CheckpointGiven(key.public.name, 1, newest.size, newest.note), Caller.of_service("audit"), EARLIER
    )
    await hub.log("audit", given)
    await hub.connection.execute(
        """
        update notifications.recipient set last_sequence = last_sequence + 1 where inbox = 'AGENCY'
        """
    )
    await hub.connection.execute(
        """
        insert into notifications.delivery (recipient_id, sequence, delivery_id, agency_id, event_id, kind,
                                            checkpoint_note, event_time)
        select recipient_id, last_sequence, gen_random_uuid(), agency_id, $1, 'CheckpointGiven', $2, now()
        from notifications.recipient where inbox = 'AGENCY'
        """,
        given.event_id,
        newest.note,
    )
