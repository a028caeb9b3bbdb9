"""Hand-overs by telephone over a real PostgreSQL: what stays on record, and who reviews it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from chassis.caller import Caller
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import KemError, NotFound, NotPermitted, RuleBroken
from kernel.vocabulary import LegalBasis, Routing
from services.intake.adapters.measures import emergency_reviews_overdue, look_at_reviews
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.emergency_review import ReviewFinding
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from services.intake.use_cases.freeze_consent import ChangeFreeze, freeze_consent, lift_consent_freeze
from tests.support.consented_people import (
    COURSES,
    OpenIntake,
    agreement_with,
    bits,
    grant,
    member_of,
)
from tests.support.telephone import WORDS, A, Telephone
from tests.support.vault import KEM, worker_of


@pytest.fixture
def telephone(intake: OpenIntake) -> Telephone:
    return Telephone(intake, PostgresEmergencies())


async def test_what_was_told_by_telephone_is_a_disclosure_with_all_that_it_rested_on(
    telephone: Telephone,
) -> None:
    need, intake = await telephone.need(bits("NAME", "LANGUAGES")), telephone.intake
    kept = await telephone.hand_over(need, "NAME")
    [row] = await intake.rows("select * from disclosure")
    [cell] = await intake.rows("select * from grant_cell")
    assert (row["disclosure_id"], row["kind"], row["outcome"]) == (kept.disclosure_id, "VERBAL", "GIVEN")
    assert (row["agency_id"], row["told_by_agency_id"]) == (A, KEM)
    assert (row["asked_mask"], row["given_mask"]) == (bits("NAME"), bits("NAME"))
    assert (row["cell_ids"], row["legal_bases"], row["purpose"]) == ([cell["cell_id"]], ["CONSENT"], COURSES)
    assert (row["agreement_version"], row["principal_id"]) == (1, intake.desk.principal_id)
    assert kept.review_due_time is None
    [told] = await intake.told("HandoverRecorded")
    fact = DisclosureEvent.FromString(told["payload"]).handover_recorded
    assert (fact.referral_id, fact.agency_id, fact.taken) == (str(need.referral_id), str(A), True)
    assert (fact.given_mask, fact.legal_basis) == (bits("NAME"), "CONSENT")
    assert (fact.purpose, fact.agreement_version) == (COURSES, 1)
    assert fact.cell_ids == [str(cell["cell_id"])]
    assert fact.consent_ids == [str(cell["consent_id"])]


async def test_whom_the_desk_spoke_to_and_why_are_sealed(telephone: Telephone) -> None:
    await telephone.hand_over(await telephone.need(bits("NAME")), "NAME")
    [row] = await telephone.intake.rows("select * from handover")
    assert b"Eleni" not in row["sealed_spoken_to"]
    assert WORDS.encode() not in row["sealed_circumstances"]
    told = await telephone.intake.told()
    assert all(b"Eleni" not in one["payload"] for one in told)


async def test_more_than_consent_allows_is_on_record_as_a_vital_interest_and_waits_for_a_review(
    telephone: Telephone,
) -> None:
    need, intake = await telephone.need(bits("NAME")), telephone.intake
    with pytest.raises(RuleBroken) as refusal:
        await telephone.hand_over(need, "NAME", "HEALTH")
    assert refusal.value.metadata["categories"] == "HEALTH"
    assert await intake.rows("select from disclosure") == []
    kept = await telephone.hand_over(need, "NAME", "HEALTH", legal_basis=LegalBasis.VITAL_INTEREST)
    [row] = await intake.rows("select * from disclosure")
    assert (row["legal_bases"], row["cell_ids"]) == (["VITAL_INTEREST"], [])
    assert kept.review_due_time == kept.recorded_time + timedelta(hours=72)
    page = await telephone.waiting(worker_of(None, "dpo"))
    [(review, words)] = page.reviews
    assert (review.subject_id, review.given_mask, words) == (
        kept.disclosure_id,
        bits("NAME", "HEALTH"),
        WORDS,
    )


async def test_a_restricted_service_is_not_told_by_the_mask(telephone: Telephone) -> None:
    person = await telephone.intake.person()
    need = await telephone.intake.need(person, service_type="GBV_SHELTER", routing=Routing.ASK_FIRST)
    await telephone.hand_over(need, "NAME", legal_basis=LegalBasis.VITAL_INTEREST)
    [told] = await telephone.intake.told("HandoverRecorded")
    fact = DisclosureEvent.FromString(told["payload"]).handover_recorded
    assert (fact.given_mask, fact.purpose) == (0, "")


async def test_a_hand_over_rests_on_what_held_when_it_was_said(telephone: Telephone) -> None:
    need, intake = await telephone.need(bits("NAME")), telephone.intake
    [row] = await intake.rows("select beneficiary_id from need")
    said = datetime.now(UTC)
    await intake.withdraw(row["beneficiary_id"])
    kept = await telephone.hand_over(need, "NAME", happened_time=said)
    assert kept.review_due_time is None
    with pytest.raises(RuleBroken):
        await telephone.hand_over(need, "NAME")


async def test_consent_that_came_after_the_call_does_not_cover_it(telephone: Telephone) -> None:
    person, intake = await telephone.intake.person(), telephone.intake
    need = await intake.need(person)
    await intake.agree(agreement_with(A))
    said = datetime.now(UTC)
    await intake.consent(person, grant(A))
    with pytest.raises(RuleBroken) as refusal:
        await telephone.hand_over(need, "NAME", happened_time=said)
    assert refusal.value.stable_reason == "TOLD_MORE_THAN_CONSENT"


async def test_only_the_sender_reports_a_hand_over_and_nobody_else_can_tell_that_there_is_one(
    telephone: Telephone,
) -> None:
    need = await telephone.need(bits("NAME"))
    with pytest.raises(NotFound) as refusal:
        await telephone.hand_over(need, "NAME", by=member_of(A))
    assert refusal.value.stable_reason == "REFERRAL_NOT_FOUND"


async def test_what_is_told_while_consent_is_frozen_does_not_rest_on_it(telephone: Telephone) -> None:
    need = await telephone.need(bits("NAME"))
    [row] = await telephone.intake.rows("select beneficiary_id from need")
    parts, officer = telephone.intake.parts, worker_of(KEM, "child_protection_officer")
    command = ChangeFreeze(uuid4(), row["beneficiary_id"], "The guardian is doubted.")
    async with parts.database.transaction(officer) as tx:
        await freeze_consent(command, tx, parts.people, parts.freezes, parts.vault)
    with pytest.raises(RuleBroken):
        await telephone.hand_over(need, "NAME")
    async with parts.database.transaction(officer) as tx:
        await lift_consent_freeze(command, tx, parts.people, parts.freezes, parts.vault)
    await telephone.hand_over(need, "NAME")


async def test_reviewer_and_teller_are_two_people_and_the_finding_stays(telephone: Telephone) -> None:
    intake, officer = telephone.intake, worker_of(KEM, "dpo")
    need = await telephone.need(bits("NAME"))
    kept = await telephone.hand_over(need, "HEALTH", by=officer, legal_basis=LegalBasis.VITAL_INTEREST)
    refused: list[tuple[Caller, type[KemError]]] = [(officer, NotPermitted), (member_of(A), NotFound)]
    for caller, kind in refused:
        with pytest.raises(kind):
            await telephone.review(kept.disclosure_id, caller)
    other = worker_of(None, "safeguarding_officer")
    await telephone.review(kept.disclosure_id, other, ReviewFinding.NOT_JUSTIFIED)
    assert not (await telephone.waiting(officer)).reviews
    with pytest.raises(RuleBroken):
        await telephone.review(kept.disclosure_id, worker_of(KEM, "supervisor"))
    [told] = await intake.told("EmergencyReviewed")
    fact = DisclosureEvent.FromString(told["payload"]).emergency_reviewed
    assert (fact.subject_id, fact.kind, fact.justified) == (str(kept.disclosure_id), "HANDOVER", False)
    assert fact.referral_id == str(need.referral_id)
    assert told["aggregate_version"] == 2


async def test_a_review_about_somebody_erased_since_ends_though_its_words_cannot_be_kept(
    telephone: Telephone, tmp_path: Path
) -> None:
    intake, need = telephone.intake, await telephone.need(bits("NAME"))
    kept = await telephone.hand_over(need, "HEALTH", legal_basis=LegalBasis.VITAL_INTEREST)
    [row] = await intake.rows("select beneficiary_id from disclosure")
    async with intake.database.transaction(intake.desk) as tx:
        parts = intake.parts
        await erase_beneficiary(row["beneficiary_id"], tx, parts.people, Tombstones(tmp_path), parts.recalls)
    officer = worker_of(None, "dpo")
    [(_, words)] = (await telephone.waiting(officer)).reviews
    assert words == ""
    await telephone.review(kept.disclosure_id, officer)
    assert (await telephone.waiting(officer)).reviews == []
    [review] = await intake.rows("select * from emergency_review")
    assert (review["finding"], review["sealed_words"]) == ("JUSTIFIED", None)
    assert len(await intake.told("EmergencyReviewed")) == 1


async def test_whoever_acts_for_no_agency_and_is_no_officer_reviews_nothing(telephone: Telephone) -> None:
    with pytest.raises(NotPermitted) as refusal:
        await telephone.waiting(worker_of(None, "supervisor"))
    assert refusal.value.stable_reason == "NO_AGENCY"


async def test_the_database_itself_lets_nobody_review_what_they_had_a_part_in(telephone: Telephone) -> None:
    need = await telephone.need(bits("NAME"))
    kept = await telephone.hand_over(need, "HEALTH", legal_basis=LegalBasis.VITAL_INTEREST)
    with pytest.raises(asyncpg.CheckViolationError):
        async with telephone.intake.database.transaction(telephone.intake.desk) as tx:
            await telephone.emergencies.keep_finding(
                tx, kept.disclosure_id, ReviewFinding.JUSTIFIED, b"sealed", await tx.now()
            )


async def test_reviews_come_by_page_the_longest_overdue_first_and_overdue_ones_are_counted(
    telephone: Telephone, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake, officer = telephone.intake, worker_of(KEM, "dpo")
    need, vital = await telephone.need(bits("NAME")), LegalBasis.VITAL_INTEREST
    kept = [await telephone.hand_over(need, "HEALTH", legal_basis=vital) for _ in range(2)]
    [(known, _), _] = (await telephone.waiting(officer)).reviews
    shift, forgotten = timedelta(hours=80), uuid4()
    async with intake.database.transaction(intake.desk) as tx:
        await telephone.emergencies.open_review(
            tx,
            replace(
                known,
                subject_id=forgotten,
                opened_time=known.opened_time - shift,
                due_time=known.due_time - shift,
            ),
        )
    first = await telephone.waiting(officer, 2)
    rest = await telephone.waiting(officer, 2, first.next_after)
    seen = [review.subject_id for review, _ in (*first.reviews, *rest.reviews)]
    assert seen == [forgotten, *(one.disclosure_id for one in kept)]
    assert rest.next_after is None
    assert [review.due_time <= first.now for review, _ in first.reviews] == [True, False]
    assert (await telephone.waiting(member_of(A))).reviews == []
    counted: list[float] = []
    monkeypatch.setattr(type(emergency_reviews_overdue), "set", lambda _, amount: counted.append(amount))
    async with intake.worker.pool.acquire() as connection:
        await look_at_reviews(connection)
    assert counted == [3, 1]
