"""Referral as it really runs, in this process, beside the running intake that it asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import grpc

from chassis.grpc_client import channel
from chassis.service import Service
from services.referral.__main__ import wire
from services.referral.adapters.event_codec import encode
from services.referral.settings import ReferralSettings
from tests.integration.chassis.assertions import key_file
from tests.support.hub_certificates import certificate_fields, tools_files
from tests.support.intake import RunningIntake
from tests.support.postgres import FreshDatabase
from tests.support.vault import KEM
from tools.stack.ports import free_port
from tools.stack.services import wait_serving


@dataclass(frozen=True, slots=True)
class RunningReferral:
    """The running service; `channel_of` speaks to it as somebody."""

    address: str
    intake: RunningIntake

    def channel_of(
        self, *roles: str, agency_id: UUID | None = KEM, principal_id: UUID | None = None
    ) -> grpc.aio.Channel:
        """A channel of one member of staff of an agency."""
        token = self.intake.people.token(principal_id or uuid4(), agency_id, set(roles))
        return channel(self.address, "referral", None, tools_files(), token=lambda: token)


@asynccontextmanager
async def running_referral(
    database: FreshDatabase,
    folder: Path,
    intake: RunningIntake,
    bootstrap: str,
    address: str | None = None,
) -> AsyncIterator[RunningReferral]:
    """Starts referral with all its roles and stops it in order; `folder` is intake's, with its keys."""
    for name, url in (("app", database.app_url("referral")), ("worker", database.worker_url("referral"))):
        (folder / f"referral-{name}").write_text(url)
    settings = ReferralSettings.load(
        "referral",
        database_url_file=folder / "referral-app",
        worker_database_url_file=folder / "referral-worker",
        grpc_address=address or f"127.0.0.1:{free_port()}",
        identity_file=key_file(folder, "service:referral"),
        assertion_keys_file=folder / "assertion-keys.json",
        kafka_bootstrap=bootstrap,
        kafka_idempotence=False,
        **certificate_fields("referral"),
        intake_address=intake.address,
    )
    service = await Service.open(settings, encode)
    stopping = asyncio.Event()
    try:
        await wire(service)
        running = asyncio.create_task(service.run(stopping))
        await wait_serving(settings.grpc_address, "referral", tools_files())
        yield RunningReferral(settings.grpc_address, intake)
        stopping.set()
        await running
    finally:
        stopping.set()
        await service.close()
