"""Referral, and what became of the needs of people who have agreed."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import asyncpg

from chassis.postgres import Database
from kernel.codes import CapacityKind
from kernel.ids import BeneficiaryId
from services.intake.domain.need import RecordedNeed
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.entrypoints import stream
from tests.fault.hub import Hub, Source
from tests.fault.scenes.scene import Scene, opened
from tests.support.consented_people import OpenIntake, agreement_with, grant, open_intake
from tests.support.directory import agency_id, service
from tests.support.intake import running_intake
from tests.support.saved_directory import open_directory

PEOPLE: Final = 8
AGENCIES: Final = (1, 2, 3)
PLACES: Final = 1000


class Referrals(Scene):
    """Referral: each need becomes one referral with one offer; a need that is withdrawn later ends it."""

    service, consumer = "referral", stream.CONSUMER

    def __init__(self, hub: Hub, source: Source, read: asyncpg.Connection, intake: OpenIntake) -> None:
        super().__init__(hub, source, read)
        self._intake = intake
        self._people: list[BeneficiaryId] = []
        self._needs: list[RecordedNeed] = []
        self._withdrawn: list[RecordedNeed] = []

    async def begin(self) -> None:
        """People who have agreed to everything with every agency."""
        await self._intake.agree(*[agreement_with(agency_id(number)) for number in AGENCIES])
        for _ in range(PEOPLE):
            person = await self._intake.person()
            await self._intake.consent(person, *[grant(agency_id(number)) for number in AGENCIES])
            self._people.append(person)

    async def tell(self) -> None:
        # what is withdrawn was recorded in the round before, so that both events are of one key, in order
        for need in [one for one in self._needs if one not in self._withdrawn][: PEOPLE // 2]:
            await self._intake.withdraw_need(need)
            self._withdrawn.append(need)
        for person in self._people:
            self._needs.append(await self._intake.need(person))

    @property
    def told(self) -> int:
        return len(self._needs) + len(self._withdrawn)

    async def acted(self) -> int:
        return int(
            await self._read.fetchval(
                "select count(*) filter (where need_id = any($1))"
                "     + count(*) filter (where need_id = any($2) and state = 'WITHDRAWN')"
                " from referral.referral",
                [one.need_id for one in self._needs],
                [one.need_id for one in self._withdrawn],
            )
        )

    async def complaints(self) -> list[str]:
        found = await super().complaints()
        rows = await self._read.fetch("select referral_id, state, offers_made from referral.referral")
        known = {row["referral_id"]: row for row in rows}
        facts = await self._read.fetch(
            "select key, type from referral.outbox union all select key, type from referral.event_log"
        )
        told = Counter((row["key"], row["type"]) for row in facts)
        withdrawn = {one.referral_id for one in self._withdrawn}
        for need in self._needs:
            is_withdrawn, row = need.referral_id in withdrawn, known.get(need.referral_id)
            if row is None or row["state"] != ("WITHDRAWN" if is_withdrawn else "OFFERED"):
                found.append(f"{need} is {row}")
                continue
            # one that was withdrawn before it was heard of was never offered
            offers = told[need.referral_id, "ReferralOffered"]
            if offers != row["offers_made"] or offers > 1 or not (offers or is_withdrawn):
                found.append(f"{need} was told {offers} times: {row}")
            if told[need.referral_id, "ReferralWithdrawn"] != int(is_withdrawn):
                found.append(f"the withdrawal of {need} was not told once")
        taken = await self._read.fetchval("select sum(reserved) from referral.capacity")
        if taken != len(self._needs) - len(self._withdrawn):
            found.append(f"{taken} places are taken")
        return found


@asynccontextmanager
async def referrals_scene(hub: Hub) -> AsyncIterator[Scene]:
    async def make(
        stack: AsyncExitStack, hub: Hub, source: Source, read: asyncpg.Connection, _: Database
    ) -> Scene:
        asked = await stack.enter_async_context(running_intake(hub.database, hub.folder))
        hub.intake_address = asked.address
        intake = await stack.enter_async_context(open_intake(hub.database, hub.folder / "keys"))
        directory = await stack.enter_async_context(open_directory(hub.database))
        capacity = DeclaredCapacity(CapacityKind.PLACES, PLACES)
        await directory.save(*[service(number, number, capacity=capacity) for number in AGENCIES])
        scene = Referrals(hub, source, read, intake)
        await scene.begin()
        return scene

    async with opened(hub, "intake", make) as scene:
        yield scene
