"""Random histories of consent with a question about each, put to intake's rules and to the second reading."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from kernel.codes import ASSESSMENT_MASK
from kernel.ids import AgencyId, BeneficiaryId, ConsentId
from kernel.vocabulary import LegalBasis
from services.intake.domain.agreement import Agreement, LegalRegime
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
    apply,
    compile_cells,
)
from services.intake.domain.disclosure import decide_disclosure
from services.intake.domain.merge import taken_back_elsewhere
from tools.check.signed import Line, Person, Said, permitted

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
PERSON: Final = BeneficiaryId(UUID(int=1))
AGENCIES: Final = tuple(AgencyId(UUID(int=number)) for number in (10, 11, 12))
PURPOSES: Final = ("SERVICE_EDUCATION", "SERVICE_HEALTH")
BASES: Final = (LegalBasis.CONSENT, LegalBasis.CONSENT, LegalBasis.PUBLIC_TASK)
HOURS: Final = 12


@dataclass(frozen=True, slots=True)
class Case:
    """What was said, and what is asked; `asked` are bits."""

    events: tuple[ConsentEvent, ...]
    others: tuple[ConsentEvent, ...]
    """What was said on another record, seen as the same person's since and until the times of `merged`."""
    merged: tuple[datetime, datetime | None]
    agreement: Agreement | None
    agency_id: AgencyId
    purpose: str
    asked: int
    for_assessment: bool
    asked_time: datetime


def cases(seed: int, count: int) -> Iterator[Case]:
    """So many of them; the same seed gives the same."""
    random = Random(seed)
    for _ in range(count):
        agency_id = random.choice(AGENCIES)
        yield Case(
            events=_events(random),
            others=_events(random) if random.random() < 0.3 else (),
            merged=_period(random),
            agreement=_agreement(random, agency_id),
            agency_id=agency_id,
            purpose=random.choice(PURPOSES),
            asked=random.getrandbits(6) | random.getrandbits(6),
            for_assessment=random.random() < 0.2,
            asked_time=START + timedelta(hours=random.randint(2, HOURS)),
        )


def by_the_rules(case: Case) -> int:
    """What intake would give: from the cells that the events compile to, as they stood then."""
    since, until = case.merged
    own, others = (
        compile_cells(event for event in events if event.recorded_time <= case.asked_time)
        for events in (case.events, case.others)
    )
    if since <= case.asked_time:
        own = _less_what_the_merge_takes_back(case)
    is_merged = since <= case.asked_time and (until is None or case.asked_time < until)
    denied = [cell for cell in others if is_merged and cell.effect is GrantEffect.DENY]
    return decide_disclosure(
        agency_id=case.agency_id,
        purpose=case.purpose,
        needed_mask=case.asked,
        for_assessment=case.for_assessment,
        agreement=case.agreement,
        cells=(*own, *denied),
        now=case.asked_time,
    ).given_mask


def _less_what_the_merge_takes_back(case: Case) -> tuple[Cell, ...]:
    """Compiled in the order in which it was recorded, with what the merge writes in its place."""
    since, _ = case.merged
    until_then, later = (
        [one for one in case.events if one.recorded_time <= since],
        [one for one in case.events if since < one.recorded_time <= case.asked_time],
    )
    elsewhere = [one for one in case.others if one.recorded_time <= since]
    brought = [replace(one, recorded_time=since) for one in taken_back_elsewhere(until_then, elsewhere)]
    cells = compile_cells(until_then)
    for event in (*brought, *later):
        cells = apply(cells, event)
    return cells


def by_the_records(case: Case) -> int:
    """The same by the second reading."""
    agreement = case.agreement
    if agreement is None or case.purpose not in agreement.purposes:
        return 0
    if not agreement.valid_from_time <= case.asked_time < agreement.valid_until_time:
        return 0
    asked = ASSESSMENT_MASK if case.for_assessment else case.asked
    other = Person([_said(event) for event in case.others])
    person = Person([_said(event) for event in case.events], others=[(other, *case.merged)])
    mask = permitted(person, case.agency_id, case.purpose, case.asked_time)
    return mask & asked & agreement.categories


def _events(random: Random) -> tuple[ConsentEvent, ...]:
    return tuple(_event(random, sequence) for sequence in range(1, random.randint(1, 6) + 1))


def _period(random: Random) -> tuple[datetime, datetime | None]:
    since = START + timedelta(hours=random.randint(0, HOURS))
    return since, since + timedelta(hours=random.randint(1, HOURS)) if random.random() < 0.5 else None


def _event(random: Random, sequence: int) -> ConsentEvent:
    recorded_time = START + timedelta(hours=sequence)
    if random.random() < 0.25:
        agency_id = random.choice((None, *AGENCIES))
        event_id = UUID(int=100 + sequence)
        how = random.random()
        if how < 0.2:
            return Objected(event_id, sequence, PERSON, recorded_time)
        ended = ConsentId(UUID(int=200 + random.randint(1, sequence)))
        if how < 0.3:
            return DenialLifted(event_id, sequence, PERSON, ended, recorded_time)
        if how < 0.5:
            return ConsentEnded(event_id, sequence, PERSON, ended, recorded_time)
        return ConsentTakenBack(event_id, sequence, PERSON, agency_id, recorded_time)
    begins = recorded_time + timedelta(hours=random.randint(-3, 3))
    return ConsentGiven(
        consent_event_id=UUID(int=100 + sequence),
        sequence=sequence,
        beneficiary_id=PERSON,
        consent_id=ConsentId(UUID(int=200 + sequence)),
        valid_from_time=begins,
        valid_until_time=begins + timedelta(hours=random.randint(1, HOURS)),
        recorded_time=recorded_time,
        grants=tuple(_grant(random) for _ in range(random.randint(1, 3))),
        said_time=recorded_time - timedelta(hours=random.randint(0, 3)),
    )


def _grant(random: Random) -> Grant:
    return Grant(
        agency_id=random.choice(AGENCIES),
        purpose=random.choice(PURPOSES),
        categories=random.getrandbits(6) | 1,
        legal_basis=random.choice(BASES),
        effect=GrantEffect.DENY if random.random() < 0.15 else GrantEffect.PERMIT,
    )


def _agreement(random: Random, agency_id: AgencyId) -> Agreement | None:
    if random.random() < 0.05:
        return None
    begins = START + timedelta(hours=random.randint(-6, 2))
    return Agreement(
        agency_id=agency_id,
        purposes=PURPOSES if random.random() < 0.9 else PURPOSES[:1],
        categories=0b111111 if random.random() < 0.8 else random.getrandbits(6),
        legal_regime=LegalRegime.GDPR_CONTROLLER,
        transfer_basis="",
        valid_from_time=begins,
        valid_until_time=begins + timedelta(hours=random.randint(4, 30)),
    )


def _said(event: ConsentEvent) -> Said:
    if isinstance(event, ConsentTakenBack):
        return Said(event.sequence, "WITHDRAWN", event.recorded_time, agency_id=event.agency_id)
    if isinstance(event, ConsentEnded):
        return Said(event.sequence, "INVALIDATED", event.recorded_time, event.consent_id)
    if isinstance(event, DenialLifted):
        return Said(event.sequence, "DENIAL_LIFTED", event.recorded_time, event.consent_id)
    if isinstance(event, Objected):
        return Said(event.sequence, "OBJECTED", event.recorded_time)
    lines = tuple(
        Line(one.agency_id, one.purpose, one.categories, one.legal_basis, one.effect is GrantEffect.PERMIT)
        for one in event.grants
    )
    return Said(
        event.sequence,
        "GIVEN",
        event.recorded_time,
        event.consent_id,
        None,
        event.valid_from_time,
        event.valid_until_time,
        lines,
        event.said_time,
    )
