"""Notifications, and what reached its inboxes."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID, uuid4

import asyncpg
from google.protobuf.message import Message

from chassis.postgres import Database
from kem.referral.v1 import referral_events_pb2 as facts
from services.notifications.entrypoints import stream
from tests.fault.hub import Hub, Source
from tests.fault.scenes.scene import Scene, opened
from tests.fault.scenes.told_referrals import ReferralsToldOf
from tests.support.referral_facts import AGENCY, offered


class Deliveries(ReferralsToldOf):
    """Notifications: each fact is delivered once to the agency and once to the desk, in order."""

    service, consumer = "notifications", stream.CONSUMER

    def fact(self, version: int) -> Message:
        return offered() if version % 2 else facts.OfferDeclined(offer_id=str(uuid4()), agency_id=str(AGENCY))

    async def acted(self) -> int:
        return int(
            await self._read.fetchval(
                "select count(distinct event_id) from notifications.delivery where event_id = any($1)",
                [one.event_id for one in self._told],
            )
        )

    async def complaints(self) -> list[str]:
        rows = await self._read.fetch(
            "select recipient_id, sequence, event_id from notifications.delivery order by 1, 2"
        )
        found = await super().complaints()
        delivered = Counter(row["event_id"] for row in rows)
        found += [f"lost: {one}" for one in self._told if delivered[one.event_id] < 2]
        places = Counter((row["recipient_id"], row["event_id"]) for row in rows)
        found += [f"doubled: {place}" for place, count in places.items() if count > 1]
        known = {one.event_id: one for one in self._told}
        newest: dict[tuple[UUID, UUID], int] = {}
        sequences: Counter[UUID] = Counter()
        for row in rows:
            told = known[row["event_id"]]
            place = (row["recipient_id"], told.referral_id)
            if told.version < newest.get(place, 0):
                found.append(f"out of order: {told}")
            newest[place] = told.version
            sequences[row["recipient_id"]] += 1
            if row["sequence"] != sequences[row["recipient_id"]]:
                found.append(f"sequence {row['sequence']} is not the {sequences[row['recipient_id']]}th")
        return found


@asynccontextmanager
async def deliveries_scene(hub: Hub) -> AsyncIterator[Scene]:
    async def make(
        _: AsyncExitStack, hub: Hub, source: Source, read: asyncpg.Connection, voice: Database
    ) -> Scene:
        return Deliveries(hub, source, read, voice)

    async with opened(hub, "referral", make) as scene:
        yield scene
