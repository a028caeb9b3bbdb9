"""How consent lies in its tables: rows of cells, lines and events as the rules know them."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from kernel.vocabulary import LegalBasis
from services.intake.domain.cells import (
    Cell,
    ConsentEnded,
    ConsentEvent,
    ConsentGiven,
    ConsentTakenBack,
    DenialLifted,
    Grant,
    GrantEffect,
    Objected,
)
from services.intake.domain.consent import DENIAL_LIFTED, OBJECTED, ConsentEnding

CELL_COLUMNS: Final = """cell_id, beneficiary_id, agency_id, purpose, legal_basis, effect, categories,
    valid_from_time, valid_until_time, consent_id, consent_event_id, withdrawn_time, withdrawn_event_id"""


def cell_from(row: Any) -> Cell:
    """A row of grant_cell with all its columns that the rules know."""
    return Cell(
        cell_id=row["cell_id"],
        beneficiary_id=row["beneficiary_id"],
        agency_id=row["agency_id"],
        purpose=row["purpose"],
        legal_basis=LegalBasis(row["legal_basis"]),
        effect=GrantEffect(row["effect"]),
        categories=row["categories"],
        valid_from_time=row["valid_from_time"],
        valid_until_time=row["valid_until_time"],
        consent_id=row["consent_id"],
        consent_event_id=row["consent_event_id"],
        withdrawn_time=row["withdrawn_time"],
        withdrawn_event_id=row["withdrawn_event_id"],
    )


def events_from(events: Iterable[Any], lines: Iterable[Any]) -> list[ConsentEvent]:
    """Rows of consent_event that cells are compiled from, each with the lines of its record.

    Args:
        events: with the period of the record that each gave, if it gave one.
        lines: rows of consent_grant in their order, of all these records.
    """
    grants: dict[UUID, list[Grant]] = {}
    for line in lines:
        grants.setdefault(line["consent_id"], []).append(_grant_from(line))
    return [_event_from(row, tuple(grants.get(row["consent_id"], ()))) for row in events]


def _grant_from(row: Any) -> Grant:
    return Grant(
        agency_id=row["agency_id"],
        purpose=row["purpose"],
        categories=row["categories"],
        legal_basis=LegalBasis(row["legal_basis"]),
        effect=GrantEffect(row["effect"]),
        is_safety_critical=row["is_safety_critical"],
    )


def _event_from(row: Any, grants: tuple[Grant, ...]) -> ConsentEvent:
    if row["state"] == "WITHDRAWN":
        return ConsentTakenBack(
            consent_event_id=row["consent_event_id"],
            sequence=row["sequence"],
            beneficiary_id=row["beneficiary_id"],
            agency_id=row["agency_id"],
            recorded_time=row["recorded_time"],
            consent_id=row["consent_id"],
            said_time=row["happened_time"],
        )
    if row["state"] == DENIAL_LIFTED:
        return DenialLifted(
            consent_event_id=row["consent_event_id"],
            sequence=row["sequence"],
            beneficiary_id=row["beneficiary_id"],
            consent_id=row["consent_id"],
            recorded_time=row["recorded_time"],
        )
    if row["state"] == OBJECTED:
        return Objected(
            consent_event_id=row["consent_event_id"],
            sequence=row["sequence"],
            beneficiary_id=row["beneficiary_id"],
            recorded_time=row["recorded_time"],
        )
    if row["state"] in set(ConsentEnding):
        return ConsentEnded(
            consent_event_id=row["consent_event_id"],
            sequence=row["sequence"],
            beneficiary_id=row["beneficiary_id"],
            consent_id=row["consent_id"],
            recorded_time=row["recorded_time"],
        )
    return ConsentGiven(
        consent_event_id=row["consent_event_id"],
        sequence=row["sequence"],
        beneficiary_id=row["beneficiary_id"],
        consent_id=row["consent_id"],
        valid_from_time=row["valid_from_time"],
        valid_until_time=row["valid_until_time"],
        recorded_time=row["recorded_time"],
        grants=grants,
        said_time=row["happened_time"],
    )
