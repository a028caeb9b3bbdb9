"""Cells: deny unless permitted, a denial wins, a withdrawal closes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from kernel.ids import AgencyId, BeneficiaryId, ConsentId
from kernel.vocabulary import LegalBasis
from services.intake.domain.cells import (
    Cell,
    ConsentEvent,
    ConsentGiven,
    ConsentTakenBack,
    Grant,
    GrantEffect,
    cells_of,
    compile_cells,
    decide,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PERSON = BeneficiaryId(UUID(int=1))
A, B = AgencyId(UUID(int=2)), AgencyId(UUID(int=3))
COURSES = "SERVICE_EDUCATION"
ALL = 0b1111


def permit(agency_id: AgencyId, categories: int, **changes: object) -> Grant:
    grant = Grant(agency_id, COURSES, categories, LegalBasis.CONSENT, GrantEffect.PERMIT)
    return replace(grant, **changes)  # type: ignore[arg-type] # a table of any values


def deny(agency_id: AgencyId, categories: int) -> Grant:
    return permit(agency_id, categories, effect=GrantEffect.DENY)


def given(*grants: Grant, sequence: int = 1, start: datetime = NOW - timedelta(days=1)) -> ConsentGiven:
    return ConsentGiven(
        consent_event_id=uuid4(),
        sequence=sequence,
        beneficiary_id=PERSON,
        consent_id=ConsentId(uuid4()),
        valid_from_time=start,
        valid_until_time=start + timedelta(days=30),
        recorded_time=start,
        grants=grants,
    )


def taken_back(agency_id: AgencyId | None = None, sequence: int = 2) -> ConsentTakenBack:
    return ConsentTakenBack(uuid4(), sequence, PERSON, agency_id, NOW)


def allowed(cells: tuple[Cell, ...], agency_id: AgencyId = A, now: datetime = NOW, wanted: int = ALL) -> int:
    return decide(cells, agency_id=agency_id, purpose=COURSES, wanted=wanted, now=now).mask


def test_without_a_grant_nothing_is_allowed() -> None:
    assert allowed(()) == 0


def test_the_answer_is_the_permitted_part_of_what_is_wanted() -> None:
    cells = cells_of(given(permit(A, 0b0110)))
    assert allowed(cells, wanted=0b0011) == 0b0010


def test_a_grant_is_for_its_agency_and_its_purpose_only() -> None:
    cells = cells_of(given(permit(A, ALL)))
    assert allowed(cells, B) == 0
    assert decide(cells, agency_id=A, purpose="SERVICE_HEALTH", wanted=ALL, now=NOW).mask == 0


def test_a_denial_wins_whichever_came_first() -> None:
    for order in ((deny(A, 0b0100), permit(A, ALL)), (permit(A, ALL), deny(A, 0b0100))):
        assert allowed(cells_of(given(*order))) == 0b1011


def test_a_period_counts_from_its_first_instant_and_not_at_its_last() -> None:
    consent = given(permit(A, ALL), start=NOW)
    cells = cells_of(consent)
    assert allowed(cells, now=NOW - timedelta(microseconds=1)) == 0
    assert allowed(cells, now=NOW) == ALL
    assert allowed(cells, now=consent.valid_until_time) == 0


def test_lines_that_differ_in_categories_only_become_one_cell() -> None:
    [cell] = cells_of(given(permit(A, 0b0001), permit(A, 0b0100)))
    assert cell.categories == 0b0101


def test_the_decision_names_the_permits_that_it_rests_on() -> None:
    first, second = given(permit(A, 0b0001)), given(permit(A, 0b0010), sequence=2)
    cells = compile_cells([first, second])
    relied_on = decide(cells, agency_id=A, purpose=COURSES, wanted=0b0010, now=NOW).relied_on
    assert [cell.consent_id for cell in relied_on] == [second.consent_id]


def test_a_withdrawal_for_one_agency_closes_its_permits_only() -> None:
    cells = compile_cells([given(permit(A, ALL), permit(B, ALL)), taken_back(A)])
    assert (allowed(cells, A), allowed(cells, B)) == (0, ALL)


def test_a_whole_withdrawal_closes_every_permit_by_consent() -> None:
    cells = compile_cells([given(permit(A, ALL)), given(permit(B, ALL), sequence=2), taken_back(sequence=3)])
    assert (allowed(cells, A), allowed(cells, B)) == (0, 0)


def test_a_withdrawal_never_lifts_a_denial() -> None:
    events: list[ConsentEvent] = [given(deny(A, 0b0001)), taken_back(), given(permit(A, ALL), sequence=3)]
    assert allowed(compile_cells(events)) == 0b1110


def test_a_withdrawal_leaves_what_rests_on_another_basis() -> None:
    by_law = permit(A, 0b0001, legal_basis=LegalBasis.LEGAL_OBLIGATION)
    assert allowed(compile_cells([given(permit(A, ALL), by_law), taken_back()])) == 0b0001


def test_consent_given_again_after_a_withdrawal_counts() -> None:
    events: list[ConsentEvent] = [given(permit(A, ALL)), taken_back(), given(permit(A, 0b0010), sequence=3)]
    assert allowed(compile_cells(events)) == 0b0010


def test_what_had_ended_by_itself_is_left_as_it_ended() -> None:
    old = given(permit(A, ALL), start=NOW - timedelta(days=90))
    [cell] = compile_cells([old, taken_back()])
    assert cell.withdrawn_time is None
    assert not cell.in_force(NOW)


def test_the_same_events_give_the_same_cells_in_any_order() -> None:
    events: list[ConsentEvent] = [
        given(permit(A, ALL), deny(B, 1)),
        taken_back(A),
        given(permit(A, 1), sequence=3),
    ]
    assert compile_cells(events) == compile_cells(reversed(events))
