"""Intake as the referral service knows it: what it answers, and events as its stream hands them over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis import topics
from chassis.caller import Caller
from chassis.events import IncomingEvent
from kem.intake.v1.eligibility_service_pb2 import NeedProfile
from kernel.errors import Unavailable
from kernel.ids import NeedId, ReferralId, ordered_id
from services.referral.adapters.profile_format import NeedAnswer, answer_of


@dataclass(frozen=True, slots=True)
class Need:
    need_id: NeedId
    referral_id: ReferralId
    beneficiary_id: UUID


@dataclass(slots=True)
class IntakeDouble:
    """Says of each need what the test says; sealed words are the words backwards."""

    profiles: dict[NeedId, NeedProfile] = field(default_factory=dict)
    opened_by: list[UUID] = field(default_factory=list)
    is_away: bool = False

    async def get_profiles(self, need_ids: Sequence[NeedId]) -> dict[NeedId, NeedAnswer]:
        if self.is_away:
            raise Unavailable("Intake does not answer.")
        unknown = NeedProfile.STATE_UNKNOWN
        return {
            one: answer_of(self.profiles.get(one, NeedProfile(need_id=str(one), state=unknown)))
            for one in need_ids
        }

    async def seal(self, referral_id: ReferralId, words: str) -> bytes:
        return words[::-1].encode()

    async def open(self, referral_id: ReferralId, sealed: Sequence[bytes], reader: Caller) -> list[str]:
        self.opened_by.append(reader.principal_id)
        return [one.decode()[::-1] for one in sealed]


def event_of(key: UUID, envelope: Any, topic: str = topics.INTAKE) -> IncomingEvent:
    """An event as the stream hands it over."""
    event_id = ordered_id()
    now = datetime.now(UTC)
    envelope.event_id = str(event_id)
    envelope.event_time.FromDatetime(now)
    return IncomingEvent(
        event_id=event_id,
        topic=topic,
        partition=0,
        offset=0,
        position=1,
        key=str(key).encode(),
        type="",
        event_time=now,
        traceparent=None,
        payload=envelope.SerializeToString(),
        source="intake",
    )
