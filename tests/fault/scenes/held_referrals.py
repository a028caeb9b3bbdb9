"""Intake, and who it believes to hold a referral."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from google.protobuf.message import Message

from chassis.postgres import Database
from kem.referral.v1 import referral_events_pb2 as facts
from services.intake.domain.need import RecordedNeed
from services.intake.entrypoints import projection
from tests.fault.hub import Hub, Source
from tests.fault.scenes.scene import Scene, opened
from tests.fault.scenes.told_referrals import REFERRALS, ReferralsToldOf
from tests.support.consented_people import open_intake
from tests.support.referral_facts import AGENCY
from tests.support.referral_voice import accepted


class HeldReferrals(ReferralsToldOf):
    """Intake's projection: who holds which referral is what the last fact said."""

    service, consumer = "intake", projection.CONSUMER

    def hold(self, needs: Sequence[RecordedNeed]) -> None:
        """The referrals of needs that intake knows."""
        self._referrals = [need.referral_id for need in needs]

    def fact(self, version: int) -> Message:
        if version % 2:
            return accepted(AGENCY, purpose="SERVICE_EDUCATION", needed_mask=1)
        return facts.ReferralReturned(offer_id=str(uuid4()), agency_id=str(AGENCY), reason="CAPACITY_LOST")

    async def _versions(self) -> dict[UUID, Any]:
        rows = await self._read.fetch("select * from intake.held_referral")
        return {row["referral_id"]: row for row in rows}

    async def acted(self) -> int:
        held = await self._versions()
        return sum(
            one.referral_id in held and held[one.referral_id]["referral_version"] >= one.version
            for one in self._told
        )

    async def complaints(self) -> list[str]:
        found, held = await super().complaints(), await self._versions()
        last = {one.referral_id: one for one in self._told}
        for referral_id, told in last.items():
            row = held.get(referral_id)
            is_held = row is not None and row["closed_time"] is None and row["agency_id"] == AGENCY
            if row is None or row["referral_version"] != told.version or is_held != bool(told.version % 2):
                found.append(f"not as last told: {told} but {row}")
        return found


@asynccontextmanager
async def held_referrals_scene(hub: Hub) -> AsyncIterator[Scene]:
    async def make(
        stack: AsyncExitStack, hub: Hub, source: Source, read: asyncpg.Connection, voice: Database
    ) -> Scene:
        keys = hub.folder / "keys"
        keys.mkdir()
        intake = await stack.enter_async_context(open_intake(hub.database, keys))
        person = await intake.person()
        scene = HeldReferrals(hub, source, read, voice)
        scene.hold([await intake.need(person) for _ in range(REFERRALS)])
        return scene

    async with opened(hub, "referral", make) as scene:
        yield scene
