"""Intake as it really runs, in this process: real doors, real PostgreSQL, callers with real assertions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.caller import AssertionSigner
from chassis.grpc_client import channel
from chassis.service import Service
from kernel.ids import derived_id
from services.intake.__main__ import wire
from services.intake.adapters.event_codec import encode
from services.intake.settings import IntakeSettings
from tests.integration.chassis.assertions import key_file, make_signer, write_keys
from tests.support.hub_certificates import certificate_fields, service_files, tools_files
from tests.support.postgres import FreshDatabase
from tests.support.vault import KEM
from tools.stack.ports import free_port

NOWHERE = "127.0.0.1:9"
"""A broker that nothing asks for as long as only the gRPC role runs."""


@dataclass(frozen=True, slots=True)
class RunningIntake:
    """The running service; `channel_of` speaks to it as somebody."""

    database: FreshDatabase
    address: str
    keys_dir: Path
    people: AssertionSigner
    _services: dict[str, AssertionSigner]

    def channel_of(
        self,
        *roles: str,
        agency_id: UUID | None = KEM,
        principal_id: UUID | None = None,
        acr: str = "pwd",
    ) -> grpc.aio.Channel:
        """A channel of one member of staff (of KEM, an intake worker, unless said otherwise)."""
        held = set(roles) or {"intake_worker"}
        token = self.people.token(principal_id or uuid4(), agency_id, held, acr=acr)
        return channel(self.address, "intake", None, tools_files(), token=lambda: token)

    def channel_of_the_hub(self, service: str = "referral") -> grpc.aio.Channel:
        """A channel on which another service, referral or the console, speaks for itself."""
        return channel(self.address, "intake", self._services[service], service_files(service))


HUB_PRINCIPAL = derived_id("service", "referral")


@asynccontextmanager
async def running_intake(
    database: FreshDatabase,
    folder: Path,
    *,
    roles: str = "grpc",
    bootstrap: str = NOWHERE,
    **settings_changes: Any,
) -> AsyncIterator[RunningIntake]:
    """Starts intake with the roles, and with other settings where some are given; stops it in order."""
    people = make_signer(folder, "kem-test")
    services = {name: make_signer(folder, f"service:{name}") for name in ("referral", "console")}
    own = make_signer(folder, "service:intake")
    keys_dir = folder / "keys"
    keys_dir.mkdir(exist_ok=True)
    for name, url in (("app", database.app_url("intake")), ("worker", database.worker_url("intake"))):
        (folder / name).write_text(url)
    settings = IntakeSettings.load(
        "intake",
        database_url_file=folder / "app",
        worker_database_url_file=folder / "worker",
        grpc_address=f"127.0.0.1:{free_port()}",
        identity_file=key_file(folder, "service:intake"),
        assertion_keys_file=write_keys(folder, people, own, *services.values()),
        kafka_bootstrap=bootstrap,
        kafka_idempotence=False,
        keys_dir=keys_dir,
        **certificate_fields("intake"),
        roles=roles,
        **({"referral_address": NOWHERE} | settings_changes),
    )
    service = await Service.open(settings, encode)
    stopping = asyncio.Event()
    try:
        await wire(service)
        running = asyncio.create_task(service.run(stopping))
        await _serving(settings.grpc_address, running)
        yield RunningIntake(database, settings.grpc_address, keys_dir, people, services)
        stopping.set()
        await running
    finally:
        stopping.set()
        await service.close()


async def _serving(address: str, running: asyncio.Task[None]) -> None:
    """Returns when health says so; a service that ended instead shows why."""
    async with channel(address, "intake", None, tools_files()) as opened:
        health = health_pb2_grpc.HealthStub(opened)
        while True:
            if running.done():
                await running
            try:
                answer = await health.Check(health_pb2.HealthCheckRequest(), wait_for_ready=True)
            except grpc.aio.AioRpcError:
                continue
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
            await asyncio.sleep(0.02)
