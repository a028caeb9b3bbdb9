"""Wires audit and runs it: `python -m services.audit --roles grpc,stream,relay,timers`."""

import os
from datetime import timedelta
from functools import partial
from typing import Final

from chassis.caller import Caller
from chassis.run import run_service
from chassis.service import Service
from kem.audit.v1.audit_service_pb2_grpc import add_AuditServiceServicer_to_server
from services.audit.adapters.checkpoint_key import CheckpointKey
from services.audit.adapters.event_codec import encode_event
from services.audit.adapters.postgres_checkpoints import PostgresCheckpoints
from services.audit.adapters.postgres_entries import PostgresEntries
from services.audit.adapters.postgres_ledger import PostgresLedger
from services.audit.entrypoints.access import ACCESS
from services.audit.entrypoints.grpc_server import AuditServer
from services.audit.entrypoints.reader import (
    BUSY_WINDOW_SECONDS,
    CONSUMER,
    MOST_EVENTS,
    TOPICS,
    WINDOW_SECONDS,
    EveryEvent,
)
from services.audit.entrypoints.signing import Signing
from services.audit.settings import AuditSettings
from services.audit.use_cases.begin_key import begin_key
from services.audit.use_cases.give_checkpoint import give_checkpoint

GIVING_LOOK_SECONDS = 10.0
LOOK_SECONDS = 1.0
"""How often somebody looks whether a checkpoint is due: one look at two rows."""

NICENESS: Final = 10
"""Nobody waits for an entry: where all cores are busy, calls and offers go first, and the ledger follows."""


async def wire(service: Service) -> None:
    """Everything concrete, once. The key is on the list before it signs anything."""
    settings = service.settings
    if not isinstance(settings, AuditSettings):
        raise TypeError("audit runs with its own settings")
    os.nice(NICENESS)
    keys = CheckpointKey.in_file(settings.signing_key_file, settings.origin)
    checkpoints = PostgresCheckpoints()
    async with service.worker.transaction(Caller.of_service("audit")) as tx:
        await begin_key(keys.value.public, tx, checkpoints)
    server = AuditServer(service.app, PostgresEntries(), checkpoints)
    service.serve(ACCESS, [lambda door: add_AuditServiceServicer_to_server(server, door)])
    service.project(
        CONSUMER,
        TOPICS,
        EveryEvent(PostgresLedger()),
        window_seconds=WINDOW_SECONDS,
        busy_window_seconds=BUSY_WINDOW_SECONDS,
        most_events=MOST_EVENTS,
    )
    age = timedelta(seconds=settings.checkpoint_seconds)
    service.timer(
        Signing(settings.checkpoint_entries, age, checkpoints, keys).take,
        name="checkpoints",
        shortest_pause_seconds=LOOK_SECONDS,
        longest_pause_seconds=LOOK_SECONDS,
    )
    pause = timedelta(seconds=settings.giving_seconds)
    service.timer(
        partial(give_checkpoint, settings.origin, pause, checkpoints=checkpoints),
        name="giving",
        shortest_pause_seconds=LOOK_SECONDS,
        longest_pause_seconds=GIVING_LOOK_SECONDS,
    )


if __name__ == "__main__":
    run_service("audit", AuditSettings, wire, codec=encode_event)
