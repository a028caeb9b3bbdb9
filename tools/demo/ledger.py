"""What the simulated people at both ends wrote down themselves: the only source of `lost` and `doubled`."""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class NeedEntry:
    """A need whose recording the hub acknowledged."""

    referral_id: str
    consented: bool
    asked_at: float
    """Monotonic seconds at which the call began."""


@dataclass(slots=True)
class Ledger:
    """Answers received and deliveries seen, by the clients' own hand.

    `answers` counts acknowledged commands by verb and by the id that they were about: the hub said yes to
    each, so each must be found in its databases.
    """

    people: set[str] = field(default_factory=set)
    consents: set[str] = field(default_factory=set)
    needs: dict[str, NeedEntry] = field(default_factory=dict)
    answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    offers_seen: dict[str, int] = field(default_factory=Counter)
    deliveries: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    begun_after: dict[str, int] = field(default_factory=dict)
    first_change: dict[str, str] = field(default_factory=dict)
    offered_at: dict[str, float] = field(default_factory=dict)
    holders: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    disclosures: set[str] = field(default_factory=set)
    disclosures_refused: int = 0
    repeats_that_differed: Counter[str] = field(default_factory=Counter)
    two_holders: int = 0
    refusals: Counter[str] = field(default_factory=Counter)

    def need_recorded(self, need_id: str, referral_id: str, *, consented: bool, asked_at: float) -> None:
        self.needs[need_id] = NeedEntry(referral_id, consented, asked_at)

    def answered(self, verb: str, about: str) -> None:
        """The hub acknowledged a command; `about` is the offer, referral or need."""
        self.answers[verb].add(about)

    def begins_after(self, agency: str, sequence: int) -> None:
        """What an agency's inbox already held when the day began is not counted."""
        self.begun_after[agency] = sequence

    def delivered(self, agency: str, sequence: int) -> bool:
        """A delivery arrived; False where this client already had it (a resume may repeat nothing)."""
        seen = self.deliveries[agency]
        seen.append(sequence)
        return len(seen) == 1 or sequence > seen[-2]

    def offer_arrived(self, offer_id: str, referral_id: str) -> None:
        self.offers_seen[offer_id] += 1
        self.offered_at.setdefault(referral_id, time.monotonic())

    def change_arrived(self, referral_id: str, kind: str) -> None:
        self.first_change.setdefault(referral_id, kind)

    def repeat_differed(self, request: str) -> None:
        """The same request_id got another answer than the first time."""
        self.repeats_that_differed[request] += 1

    def took_up(self, referral_id: str, agency: str) -> None:
        """An agency was told that it holds a referral; a second holder at the same time is a doubling."""
        holders = self.holders[referral_id]
        if holders - {agency}:
            self.two_holders += 1
        holders.add(agency)

    def gave_back(self, referral_id: str, agency: str) -> None:
        self.holders[referral_id].discard(agency)

    def gaps(self) -> int:
        """Deliveries that a client should have seen and did not: holes in its run of sequences."""
        return sum(
            max(seen) - self.begun_after.get(agency, 0) - len(set(seen))
            for agency, seen in self.deliveries.items()
            if seen
        )

    def not_arrived(self, last_sequences: Mapping[str, int]) -> int:
        """Deliveries at the ends of the agencies' inboxes that their open streams have not shown."""
        missing = 0
        for agency, begun_after in self.begun_after.items():
            arrived = max(self.deliveries.get(agency, ()), default=begun_after)
            missing += max(0, last_sequences.get(agency, 0) - arrived)
        return missing

    def doubles(self) -> dict[str, int]:
        """Deliveries or offers that arrived twice, two holders at once, repeats with another answer."""
        return {
            "deliveries": sum(len(seen) - len(set(seen)) for seen in self.deliveries.values()),
            "offers": sum(count - 1 for count in self.offers_seen.values() if count > 1),
            "holders": self.two_holders,
            "answers": sum(self.repeats_that_differed.values()),
        }

    def need_to_offer_ms(self) -> list[float]:
        """Milliseconds from call to delivery, for consented needs that were offered at their first match."""
        return sorted(
            (self.offered_at[need.referral_id] - need.asked_at) * 1000
            for need in self.needs.values()
            if need.consented
            and need.referral_id in self.offered_at
            and self.first_change.get(need.referral_id) == "ReferralOffered"
        )
