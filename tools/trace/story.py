"""What a history is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

ATHENS: Final = ZoneInfo("Europe/Athens")
HIDDEN: Final = "(restricted)"


def athens(instant: datetime) -> str:
    """The instant as clocks in Athens show it."""
    return f"{instant.astimezone(ATHENS):%a %d %b %Y %H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Who:
    """Who acted: an agency's name, and the random id of the person, never a person's name."""

    kind: str
    agency: str = ""
    principal_id: str = ""
    acting_person: str = ""

    def __str__(self) -> str:
        if self.kind == "SERVICE":
            return "the hub"
        if self.kind == "CLIENT":
            return f"a program of {self.agency}"
        person = f"staff {self.principal_id[:8]}" if self.principal_id else "staff"
        if self.acting_person:
            person += f" for {self.acting_person}"
        return f"{person} of {self.agency}" if self.agency else person


HUB: Final = Who("SERVICE")
"""The hub's own batches and timers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    Args:
        order: breaks ties of time: positions of one log stay in their order.
        event: the fact's name, or what the tables show (`Matched`, `OfferDelivered`).
        says: one sentence.
        why: for an offer: why that provider, one sentence each.
    """

    time: datetime
    order: int
    who: Who
    event: str
    says: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Agencies and services by id; of a restricted referral only the sender is named."""

    agencies: Mapping[str, str]
    services: Mapping[str, str]
    named_agencies: frozenset[str] | None = None
    """None: all of them."""

    def agency(self, agency_id: UUID | str | None) -> str:
        if not agency_id:
            return ""
        if self.named_agencies is not None and str(agency_id) not in self.named_agencies:
            return f"{HIDDEN} agency"
        return self.agencies.get(str(agency_id), f"agency {str(agency_id)[:8]}")

    def service(self, service_id: UUID | str | None) -> str:
        if self.named_agencies is not None or not service_id:
            return f"{HIDDEN} service"
        return self.services.get(str(service_id), f"service {str(service_id)[:8]}")


@dataclass(frozen=True, slots=True)
class History:
    """A referral and everything that happened to it."""

    referral_id: UUID
    facts: Mapping[str, Any]
    is_restricted: bool
    entries: tuple[Entry, ...]
    next_due: tuple[Entry, ...] = field(default=())
    """What the clocks will do next, unless somebody acts before."""
