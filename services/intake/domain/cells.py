"""Grant cells: what a person's consent permits, one row per agency, purpose and legal basis.

Cells are only ever derived: `compile_cells` of a person's consent events gives every cell that there is, so
they can be dropped and made again. Default is deny, a denial wins, what is unknown is denied.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import Final, NamedTuple
from uuid import UUID

from kernel.ids import AgencyId, BeneficiaryId, ConsentId, derived_id
from kernel.vocabulary import LegalBasis


class GrantEffect(StrEnum):
    PERMIT = "PERMIT"
    DENY = "DENY"


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of a consent record: one agency, one purpose, some categories as bits."""

    agency_id: AgencyId
    purpose: str
    categories: int
    legal_basis: LegalBasis
    effect: GrantEffect
    is_safety_critical: bool = False
    """A named exclusion on which somebody's safety hangs ("never share with X")."""


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """A consent record as it was given; `sequence` counts the consent events of one person from 1.

    Args:
        said_time: when the person said it, where that was before it was recorded.
    """

    consent_event_id: UUID
    sequence: int
    beneficiary_id: BeneficiaryId
    consent_id: ConsentId
    valid_from_time: datetime
    valid_until_time: datetime
    recorded_time: datetime
    grants: tuple[Grant, ...]
    said_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsentTakenBack:
    """A withdrawal: of everything (`agency_id` None), or of what one agency may see.

    Args:
        consent_id: of this record only: it was said on another record of the person, before they were merged.
        said_time: as above.
    """

    consent_event_id: UUID
    sequence: int
    beneficiary_id: BeneficiaryId
    agency_id: AgencyId | None
    recorded_time: datetime
    consent_id: ConsentId | None = None
    said_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConsentEnded:
    """One record that the hub ended: its purpose is over, or it should never have counted."""

    consent_event_id: UUID
    sequence: int
    beneficiary_id: BeneficiaryId
    consent_id: ConsentId
    recorded_time: datetime


@dataclass(frozen=True, slots=True)
class Objected:
    """The person's objection to all that rests on another basis than consent (GDPR article 21)."""

    consent_event_id: UUID
    sequence: int
    beneficiary_id: BeneficiaryId
    recorded_time: datetime


@dataclass(frozen=True, slots=True)
class DenialLifted:
    """The denials of one record, which harm a child, as an officer has found."""

    consent_event_id: UUID
    sequence: int
    beneficiary_id: BeneficiaryId
    consent_id: ConsentId
    recorded_time: datetime


Closing = ConsentTakenBack | ConsentEnded | Objected | DenialLifted
"""What closes cells."""

ConsentEvent = ConsentGiven | Closing


@dataclass(frozen=True, slots=True)
class Cell:
    """What one agency may, or must never, see for one purpose and for how long."""

    cell_id: UUID
    beneficiary_id: BeneficiaryId
    agency_id: AgencyId
    purpose: str
    legal_basis: LegalBasis
    effect: GrantEffect
    categories: int
    valid_from_time: datetime
    valid_until_time: datetime
    consent_id: ConsentId
    consent_event_id: UUID
    withdrawn_time: datetime | None = None
    withdrawn_event_id: UUID | None = None

    def in_force(self, now: datetime) -> bool:
        """Whether it counts at `now`; the last instant of the period is not part of it."""
        return self.withdrawn_time is None and self.valid_from_time <= now < self.valid_until_time


def cells_of(given: ConsentGiven) -> tuple[Cell, ...]:
    """The cells that a consent record opens: lines that differ in categories only become one."""
    merged: dict[tuple[AgencyId, str, LegalBasis, GrantEffect], int] = {}
    for grant in given.grants:
        line = (grant.agency_id, grant.purpose, grant.legal_basis, grant.effect)
        merged[line] = merged.get(line, 0) | grant.categories
    return tuple(
        Cell(
            cell_id=derived_id(
                "cell", str(given.consent_event_id), str(agency_id), purpose, legal_basis, effect
            ),
            beneficiary_id=given.beneficiary_id,
            agency_id=agency_id,
            purpose=purpose,
            legal_basis=legal_basis,
            effect=effect,
            categories=categories,
            valid_from_time=given.valid_from_time,
            valid_until_time=given.valid_until_time,
            consent_id=given.consent_id,
            consent_event_id=given.consent_event_id,
        )
        for (agency_id, purpose, legal_basis, effect), categories in merged.items()
    )


def is_closed_by(cell: Cell, closing: Closing) -> bool:
    """Whether a withdrawal, the end of a record, an objection or the lifting of a denial closes the cell.

    What has ended by itself is left as it ended. A denial stays: taking back consent never opens anything;
    only an officer lifts it.
    What rests on another legal basis than consent is closed by an objection, and by nothing else (GDPR
    art. 21).
    """
    closes = GrantEffect.DENY if isinstance(closing, DenialLifted) else GrantEffect.PERMIT
    return (
        cell.effect is closes
        and cell.withdrawn_time is None
        and cell.valid_until_time > closing.recorded_time
        and _is_meant(cell, closing)
    )


def _is_meant(cell: Cell, closing: Closing) -> bool:
    is_by_consent = cell.legal_basis is LegalBasis.CONSENT
    if isinstance(closing, Objected):
        return not is_by_consent
    if closing.consent_id not in (None, cell.consent_id):
        return False
    if isinstance(closing, ConsentTakenBack):
        return is_by_consent and closing.agency_id in (None, cell.agency_id)
    return is_by_consent or isinstance(closing, DenialLifted)


def apply(cells: tuple[Cell, ...], event: ConsentEvent) -> tuple[Cell, ...]:
    """A person's cells after one more event."""
    if isinstance(event, ConsentGiven):
        return cells + cells_of(event)
    return tuple(_closed(cell, event) if is_closed_by(cell, event) else cell for cell in cells)


def _closed(cell: Cell, closing: Closing) -> Cell:
    return replace(cell, withdrawn_time=closing.recorded_time, withdrawn_event_id=closing.consent_event_id)


def compile_cells(events: Iterable[ConsentEvent]) -> tuple[Cell, ...]:
    """All cells of one person, from all of the person's consent events."""
    start: tuple[Cell, ...] = ()
    return reduce(apply, sorted(events, key=lambda event: event.sequence), start)


class Allowance(NamedTuple):
    """What may be given, and the cells that say so; `relied_on` is empty where nothing may."""

    mask: int
    relied_on: tuple[Cell, ...]


_DENY: Final = GrantEffect.DENY
_NOTHING: Final[tuple[Cell, ...]] = ()


def decide(cells: Sequence[Cell], *, agency_id: UUID, purpose: str, wanted: int, now: datetime) -> Allowance:
    """`permitted & ~denied & wanted`, by the cells in force at `now` for this agency and purpose.

    The caller has locked the cells, and has read `now` after the lock.
    """
    permitted = denied = 0
    permits: list[Cell] = []
    for cell in cells:
        # in_force(), written out, and after the cheap comparison: this runs for each cell of each disclosure
        if cell.purpose != purpose or cell.agency_id != agency_id or cell.withdrawn_time is not None:
            continue
        if not cell.valid_from_time <= now < cell.valid_until_time:
            continue
        if cell.effect is _DENY:
            denied |= cell.categories
        else:
            permitted |= cell.categories
            permits.append(cell)
    mask = permitted & ~denied & wanted
    return Allowance(mask, tuple([cell for cell in permits if cell.categories & mask]) if mask else _NOTHING)
