"""Facts about how long people's data are kept; told on kem.disclosure.v1, of nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RetentionRulesSaved:
    """What is known of people is kept by new rules."""

    rules_version: int
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RetentionHoldPlaced:
    """Everything of a person is kept; `ground` is a code of HoldGround."""

    retention_hold_id: UUID
    ground: str
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RetentionHoldLifted:
    """It is needed no longer."""

    retention_hold_id: UUID
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RetentionDestroyed:
    """What was kept long enough was destroyed: of how many people by category, and how many are erased."""

    destruction_id: UUID
    rules_version: int
    people: Mapping[str, int]
    erased_people: int
    is_restored: bool
    request_id: UUID | None = None
