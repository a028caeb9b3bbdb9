"""Clients who tell of referrals what the service referral would tell."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import asyncpg
from google.protobuf.message import Message

from chassis.caller import Caller
from chassis.postgres import Database
from tests.fault.hub import Hub, Source
from tests.fault.scenes.scene import Scene
from tests.support.referral_facts import outgoing

REFERRALS: Final = 12


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the client's own list."""

    event_id: UUID
    referral_id: UUID
    version: int
    fact: Message


class ReferralsToldOf(Scene):
    """Clients who tell, for each of some referrals, one fact after the other."""

    def __init__(self, hub: Hub, source: Source, read: asyncpg.Connection, voice: Database) -> None:
        super().__init__(hub, source, read)
        self._voice = voice
        self._referrals: list[UUID] = [uuid4() for _ in range(REFERRALS)]
        self._rounds = 0
        self._told: list[Told] = []

    def fact(self, version: int) -> Message:
        """The fact that is told of each referral in this round."""
        raise NotImplementedError

    async def tell(self) -> None:
        self._rounds += 1
        new = []
        async with self._voice.transaction(Caller.of_service("referral")) as tx:
            for referral_id in self._referrals:
                fact = self.fact(self._rounds)
                event = outgoing(
                    fact, referral_id=referral_id, event_time=datetime.now(UTC), version=self._rounds
                )
                tx.publish(event)
                new.append(Told(event.event_id, referral_id, self._rounds, fact))
        self._told += new

    @property
    def told(self) -> int:
        return len(self._told)
