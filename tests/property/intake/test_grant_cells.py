"""Any history of consent: the cells follow from the events, and nothing is allowed that was not permitted."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import AgencyId, BeneficiaryId, ConsentId
from kernel.vocabulary import LegalBasis
from services.intake.domain.cells import (
    Cell,
    ConsentEvent,
    ConsentGiven,
    ConsentTakenBack,
    Grant,
    GrantEffect,
    Objected,
    apply,
    cells_of,
    compile_cells,
    decide,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
PERSON = BeneficiaryId(UUID(int=1))
AGENCIES = [AgencyId(UUID(int=number)) for number in (10, 11, 12)]
PURPOSES = ["SERVICE_EDUCATION", "SERVICE_HEALTH"]
MASKS = st.integers(min_value=1, max_value=0xFF)
HOURS = st.integers(min_value=0, max_value=60)
GRANTS = st.builds(
    Grant,
    agency_id=st.sampled_from(AGENCIES),
    purpose=st.sampled_from(PURPOSES),
    categories=MASKS,
    legal_basis=st.sampled_from([LegalBasis.CONSENT, LegalBasis.PUBLIC_TASK]),
    effect=st.sampled_from(GrantEffect),
)


@st.composite
def histories(draw: st.DrawFn) -> list[ConsentEvent]:
    """Consents and withdrawals of one person, one an hour."""
    events: list[ConsentEvent] = []
    for sequence in range(1, draw(st.integers(min_value=1, max_value=8)) + 1):
        recorded_time = START + timedelta(hours=sequence)
        event_id = UUID(int=1000 + sequence)
        if draw(st.booleans()):
            start = recorded_time + timedelta(hours=draw(st.integers(min_value=-5, max_value=5)))
            events.append(
                ConsentGiven(
                    consent_event_id=event_id,
                    sequence=sequence,
                    beneficiary_id=PERSON,
                    consent_id=ConsentId(UUID(int=2000 + sequence)),
                    valid_from_time=start,
                    valid_until_time=start + timedelta(hours=draw(st.integers(min_value=1, max_value=20))),
                    recorded_time=recorded_time,
                    grants=tuple(draw(st.lists(GRANTS, min_size=1, max_size=5))),
                )
            )
        elif draw(st.booleans()) and draw(st.booleans()):
            events.append(Objected(event_id, sequence, PERSON, recorded_time))
        else:
            agency_id = draw(st.none() | st.sampled_from(AGENCIES))
            events.append(ConsentTakenBack(event_id, sequence, PERSON, agency_id, recorded_time))
    return events


def permitted_by_the_records(
    events: list[ConsentEvent], agency_id: AgencyId, purpose: str, now: datetime
) -> int:
    """The same question answered from the records, bit by bit, without cells."""
    allowed = 0
    for bit in (1 << place for place in range(8)):
        is_permitted = is_denied = False
        for event in events:
            if not isinstance(event, ConsentGiven):
                continue
            if not event.valid_from_time <= now < event.valid_until_time:
                continue
            for grant in event.grants:
                if (grant.agency_id, grant.purpose) != (agency_id, purpose) or not grant.categories & bit:
                    continue
                is_by_consent = grant.legal_basis is LegalBasis.CONSENT
                is_taken_back = any(
                    isinstance(later, ConsentTakenBack if is_by_consent else Objected)
                    and later.sequence > event.sequence
                    and getattr(later, "agency_id", None) in (None, agency_id)
                    and later.recorded_time < event.valid_until_time
                    for later in events
                )
                is_denied |= grant.effect is GrantEffect.DENY
                is_permitted |= grant.effect is GrantEffect.PERMIT and not is_taken_back
        allowed |= bit if is_permitted and not is_denied else 0
    return allowed


@given(histories(), st.sampled_from(AGENCIES), st.sampled_from(PURPOSES), MASKS, HOURS)
def test_what_is_allowed_follows_from_the_records(
    events: list[ConsentEvent], agency_id: AgencyId, purpose: str, wanted: int, hour: int
) -> None:
    # asked after the last event: a decision is never made with events of the future in the database
    now = START + timedelta(hours=len(events) + 1 + hour)
    allowance = decide(compile_cells(events), agency_id=agency_id, purpose=purpose, wanted=wanted, now=now)
    assert allowance.mask == permitted_by_the_records(events, agency_id, purpose, now) & wanted
    assert bool(allowance.relied_on) == bool(allowance.mask)


@given(histories())
def test_cells_made_step_by_step_are_the_cells_compiled_from_all_events(events: list[ConsentEvent]) -> None:
    cells: tuple[Cell, ...] = ()
    for event in events:
        cells = apply(cells, event)
    assert cells == compile_cells(events)
    assert len({cell.cell_id for cell in cells}) == len(cells)


@given(histories(), st.sampled_from(AGENCIES), st.sampled_from(PURPOSES), HOURS)
def test_a_further_withdrawal_never_allows_more(
    events: list[ConsentEvent], agency_id: AgencyId, purpose: str, hour: int
) -> None:
    now = START + timedelta(hours=len(events) + 1 + hour)
    cells = compile_cells(events)
    back = ConsentTakenBack(UUID(int=9), len(events) + 1, PERSON, None, START + timedelta(hours=len(events)))
    before, after = (
        decide(some, agency_id=agency_id, purpose=purpose, wanted=0xFF, now=now).mask
        for some in (cells, apply(cells, back))
    )
    assert after & ~before == 0


@given(st.lists(GRANTS, min_size=1, max_size=8))
def test_a_record_s_cells_hold_its_lines_and_nothing_else(grants: list[Grant]) -> None:
    record = ConsentGiven(
        UUID(int=1), 1, PERSON, ConsentId(UUID(int=2)), START, START + timedelta(days=1), START, tuple(grants)
    )
    said = {
        (one.agency_id, one.purpose, one.legal_basis, one.effect, bit)
        for one in grants
        for bit in range(8)
        if one.categories >> bit & 1
    }
    kept = {
        (one.agency_id, one.purpose, one.legal_basis, one.effect, bit)
        for one in cells_of(record)
        for bit in range(8)
        if one.categories >> bit & 1
    }
    assert kept == said
