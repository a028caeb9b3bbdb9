"""What of a person goes into an export: by whom it is asked for, and what an officer has allowed them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from kernel import codes
from kernel.ids import DisclosureId
from services.intake.domain.rights_request import AskedBy, RightsRequest

CORE_MASK: Final = codes.mask(code for code, entry in codes.CATEGORIES.items() if entry.key_class == "core")
"""What others get to see of a person by default: no contact, nothing sensitive, no child's data."""
EVERYTHING: Final = codes.mask(codes.CATEGORIES)


class IdentityProof(StrEnum):
    """How it was made sure that the data go to whom they may go."""

    DOCUMENT_SEEN = "DOCUMENT_SEEN"
    KNOWN_PERSONALLY = "KNOWN_PERSONALLY"
    SAFE_CHANNEL = "SAFE_CHANNEL"


@dataclass(frozen=True, slots=True)
class ExportScope:
    """Categories, and whether also what happened: restricted needs, consents, disclosures, accesses."""

    mask: int
    with_history: bool

    @property
    def withheld_mask(self) -> int:
        """What is held back."""
        return EVERYTHING & ~self.mask


def scope_of(request: RightsRequest) -> ExportScope:
    """What whoever asks may see.

    A parent, guardian, husband, wife or anybody else may be whom the person must be protected from: only a
    child protection officer or a GBV focal point opens more to them than names, languages and family.
    """
    if request.asked_by is AskedBy.SELF:
        return ExportScope(EVERYTHING, with_history=True)
    if request.protection is None:
        return ExportScope(CORE_MASK, with_history=False)
    return ExportScope(CORE_MASK | request.protection.allowed_mask, request.protection.with_history)


class Section(StrEnum):
    """What stands in an export line by line, in this order; named as the tables from which it comes."""

    NEED = "need"
    VISIT = "visit"
    APPOINTMENT = "appointment"
    CONTACT_ATTEMPT = "contact_attempt"
    CASE_WORKERS = "case_workers"
    CONSENT = "consent"
    DISCLOSURE = "disclosure"
    RECEIPT = "receipt"
    RECALL = "recall"
    CONSENT_FREEZE = "consent_freeze"
    EMERGENCY_ACCESS = "emergency_access"
    COMPELLED_DISCLOSURE = "compelled_disclosure"
    AUTHORITY_NOTIFICATION = "authority_notification"
    ACCESS = "access"
    RIGHTS_REQUEST = "rights_request"
    COMPLAINT = "complaint"


def sections_of(scope: ExportScope) -> Sequence[Section]:
    """Those that whoever asks may see."""
    return tuple(Section) if scope.with_history else (Section.NEED,)


@dataclass(frozen=True, slots=True)
class ExportPlace:
    """Where a piece of an export ended, and the next one goes on.

    Attributes:
        section: of the next line.
        is_begun: whether a line of it is given already.
        after: time and id of the last line of the section; None before the first.
        position: up to which accesses are looked through.
        records: how many records were seen as the person's: another number, and they are others.
    """

    section: Section
    is_begun: bool
    after: tuple[datetime, UUID] | None
    position: int
    records: int


@dataclass(frozen=True, slots=True)
class SectionLines:
    """Lines of one section in a piece: rows as stored, and words by their seal in these."""

    section: Section
    is_begun: bool
    """Whether an earlier piece has lines of it."""
    rows: Sequence[Mapping[str, Any]]
    words: Mapping[str, str]
    is_ended: bool
    """Whether these are the last of it."""


@dataclass(frozen=True, slots=True)
class ExportHead:
    """What stands before all lines: the records that are seen as the person's, and their fields by name."""

    records: Sequence[Mapping[str, Any]]
    fields: Mapping[str, Mapping[str, Any]]
    """Of each record by its id."""


@dataclass(frozen=True, slots=True)
class ExportPiece:
    """A piece of everything that goes out; joined in their order they are all of it."""

    disclosure_id: DisclosureId
    disclosed_time: datetime
    request: RightsRequest
    scope: ExportScope
    head: ExportHead | None
    """In the first one."""
    lines: Sequence[SectionLines]
    next_place: ExportPlace | None
    """None after the last one."""
