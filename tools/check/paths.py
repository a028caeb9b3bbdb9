"""Paths: the log of facts is replayed, and the tables must stand where it ends."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from kem.referral.v1.referral_events_pb2 import ReferralEvent
from kernel.codes import service_type
from kernel.errors import Invalid
from tools.check.invariant import EXAMPLES, Finding, Snapshot
from tools.check.legal_steps import (
    FINAL,
    OFFER_STATES,
    REFERRAL_STATES_AFTER,
    REFERRAL_STATES_BEFORE,
    START,
)

_BATCH: Final = 5_000

# what waits in the outbox has happened too: it is logged next
_FACTS: Final = """
    select type, payload from (
        select 0 as part, position as place, type, payload from referral.event_log
        where topic = 'kem.referral.v1'
        union all
        select 1, id, type, payload from referral.outbox where topic = 'kem.referral.v1') facts
    order by part, place
"""


@dataclass
class Broken:
    """Violations of one rule while facts are replayed."""

    id: str
    rule: str
    checked: int = 0
    violations: int = 0
    examples: list[str] = field(default_factory=list)

    def test(self, holds: bool, example: str) -> None:
        self.checked += 1
        if not holds:
            self.violations += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(example)

    def finding(self) -> Finding:
        return Finding(self.id, self.rule, self.checked, self.violations, tuple(self.examples))


class Replay:
    """Follows every referral and every offer from fact to fact."""

    def __init__(self, restricted: frozenset[UUID]) -> None:
        self._restricted = restricted
        self.referrals: dict[UUID, str] = {}
        self.offers: dict[UUID, str] = {}
        self.steps = Broken(
            "I5-legal-steps", "Each fact follows from where the referral stood: no illegal step"
        )
        self.finals = Broken("I5-finals-stay-final", "Nothing moves a referral that has ended")
        self.offer_steps = Broken("I5-legal-offers", "Each fact follows from where the offer stood")
        self.hidden = Broken(
            "I11-restricted-stays-unnamed",
            "No fact about a restricted service names it, its purpose or its needs",
        )

    def take(self, kind: str, payload: bytes) -> None:
        """Follows one fact."""
        event = ReferralEvent.FromString(payload)
        member = event.WhichOneof("fact")
        if member is None:
            return
        fact = getattr(event, member)
        referral_id = UUID(event.referral_id)
        is_assessment = bool(getattr(fact, "for_assessment", False))
        offer_id = UUID(fact.offer_id) if getattr(fact, "offer_id", "") else None
        self._move_offer(kind, offer_id, is_assessment=is_assessment)
        self._move_referral(kind, referral_id, is_assessment=is_assessment)
        if referral_id in self._restricted:
            named = [name for name in ("service_id", "purpose", "needed_mask", "sector") if _has(fact, name)]
            self.hidden.test(not named, f"{kind} {event.event_id} names {', '.join(named)}")

    def _move_referral(self, kind: str, referral_id: UUID, *, is_assessment: bool) -> None:
        before = self.referrals.setdefault(referral_id, START)
        after = REFERRAL_STATES_AFTER.get(kind)
        allowed = REFERRAL_STATES_BEFORE.get(kind)
        if kind == "ReferralAccepted":
            after = "ACCEPTED_FOR_ASSESSMENT" if is_assessment else "ACCEPTED"
            if before == "ACCEPTED_FOR_ASSESSMENT" and not is_assessment:
                allowed = REFERRAL_STATES_BEFORE["ReferralAccepted confirming"]
        if after is None or allowed is None:
            return
        told = f"{referral_id}: {kind} at {before}"
        self.finals.test(before not in FINAL, told)
        if before not in FINAL:
            self.steps.test(before in allowed, told)
        self.referrals[referral_id] = after

    def _move_offer(self, kind: str, offer_id: UUID | None, *, is_assessment: bool) -> None:
        if offer_id is None:
            return
        if kind == "ReferralOffered":
            self.offer_steps.test(offer_id not in self.offers, f"{offer_id}: offered twice")
            self.offers[offer_id] = "SENT"
            return
        before = self.offers.get(offer_id, "never offered")
        if kind == "ReferralAccepted":
            allowed = {"SENT"} if is_assessment else {"SENT", "ACCEPTED_FOR_ASSESSMENT"}
            after = "ACCEPTED_FOR_ASSESSMENT" if is_assessment else "ACCEPTED"
        elif kind in OFFER_STATES:
            allowed, after = set(OFFER_STATES[kind][0]), OFFER_STATES[kind][1]
        else:
            return
        self.offer_steps.test(before in allowed, f"{offer_id}: {kind} at {before}")
        self.offers[offer_id] = after


async def paths(snapshot: Snapshot) -> list[Finding]:
    """Replays referral's log and compares."""
    if not snapshot.has("referral"):
        return []
    replay = Replay(await _restricted(snapshot))
    async for kind, payload in _facts(snapshot):
        replay.take(kind, payload)
    stand = Broken("I5-tables-agree-with-the-log", "Each referral and each offer stands where its facts end")
    for row in await snapshot.fetch("select referral_id, state from referral.referral"):
        told = replay.referrals.get(row["referral_id"], START)
        stand.test(row["state"] == told, f"referral {row['referral_id']}: {row['state']}, told {told}")
    for row in await snapshot.fetch("select offer_id, state from referral.offer"):
        told = replay.offers.get(row["offer_id"], "nothing")
        stand.test(row["state"] == told, f"offer {row['offer_id']}: {row['state']}, told {told}")
    found = (replay.steps, replay.finals, replay.offer_steps, stand, replay.hidden)
    return [broken.finding() for broken in found]


async def _facts(snapshot: Snapshot) -> AsyncIterator[tuple[str, bytes]]:
    async for row in snapshot.connection.cursor(_FACTS, prefetch=_BATCH):
        yield row["type"], row["payload"]


async def _restricted(snapshot: Snapshot) -> frozenset[UUID]:
    rows = await snapshot.fetch("select distinct service_type from referral.referral")
    types = [
        row["service_type"] for row in rows if row["service_type"] and _is_restricted(row["service_type"])
    ]
    found = await snapshot.fetch(
        "select referral_id from referral.referral where service_type = any($1) or service_type is null",
        types,
    )
    return frozenset(row["referral_id"] for row in found)


def _is_restricted(code: str) -> bool:
    """A type that nobody knows counts as restricted."""
    try:
        return service_type(code).restricted
    except Invalid:
        return True


def _has(fact: object, name: str) -> bool:
    return name in fact.DESCRIPTOR.fields_by_name and bool(getattr(fact, name))  # type: ignore[attr-defined]  # any fact
