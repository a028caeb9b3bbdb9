"""What happened with notices and with the rules for children."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class NoticePublished:
    """A notice was published; `hashes` are SHA-256 by language."""

    version: str
    hashes: tuple[tuple[str, bytes], ...]
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AgeRulesSaved:
    """Children are asked by new rules."""

    rules_version: int
    request_id: UUID | None = None
