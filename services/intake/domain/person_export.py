"""What of a person goes into an export: by whom it is asked for, and what an officer has allowed them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

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


@dataclass(frozen=True, slots=True)
class RecordedAccess:
    """One time that somebody looked."""

    happened_time: datetime
    method: str
    agency_id: str
    roles: tuple[str, ...]
    is_service: bool


@dataclass(frozen=True, slots=True)
class PersonExport:
    """Everything that goes out: fields by name, rows by table as stored, words by their seal in these."""

    disclosure_id: DisclosureId
    disclosed_time: datetime
    request: RightsRequest
    scope: ExportScope
    fields: Mapping[str, Any]
    other_fields: Mapping[str, Mapping[str, Any]]
    """Of the other records that are seen as this person's, by the id of each."""
    rows: Mapping[str, Any]
    words: Mapping[str, str]
    accesses: Sequence[RecordedAccess]
