"""Emergency access over a real PostgreSQL: three people, a time, and what stays on record."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.caller import Caller
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import Conflict, KemError, NotFound, NotPermitted, RuleBroken
from kernel.ids import ReferralId, random_id
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.domain.cells import GrantEffect
from services.intake.domain.emergency_review import EmergencyKind
from services.intake.domain.held_referral import Release
from services.intake.use_cases.list_emergency_accesses import AccessesPage, list_emergency_accesses
from tests.support.consented_people import (
    FAR_AWAY,
    LONG_AGO,
    METHOD,
    OpenIntake,
    agreement_with,
    bits,
    grant,
    member_of,
    named,
)
from tests.support.emergency_access import SUPERVISOR, Emergency
from tests.support.telephone import WORDS, A, Telephone
from tests.support.vault import KEM, worker_of


@pytest.fixture
def emergency(intake: OpenIntake) -> Emergency:
    return Emergency(intake)


async def _allowed(emergency: Emergency, *categories: str) -> UUID:
    need = await emergency.held("NAME")
    access_id = await emergency.ask(need.referral_id, *categories)
    await emergency.decide(access_id)
    return access_id


async def _is_refused(emergency: Emergency, access_id: UUID, reason: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        await emergency.see(access_id)
    assert refusal.value.stable_reason == reason


async def _waiting(emergency: Emergency, by: Caller, size: int = 0) -> AccessesPage:
    async with emergency.intake.database.transaction(by) as tx:
        return await list_emergency_accesses(
            size, None, METHOD, tx, emergency.accesses, emergency.intake.parts.vault
        )


async def test_what_somebody_else_has_allowed_is_given_as_a_vital_interest(emergency: Emergency) -> None:
    access_id, intake = await _allowed(emergency, "BIRTH_AND_SEX", "CASE_CODE"), emergency.intake
    given = await emergency.see(access_id)
    assert named(given.given_mask) == {"BIRTH_AND_SEX", "CASE_CODE"}
    assert given.fields["case_code"].startswith("KEM-")
    assert "names" not in given.fields
    [row] = await intake.rows("select * from disclosure")
    assert (row["kind"], row["legal_bases"], row["cell_ids"]) == ("EMERGENCY", ["VITAL_INTEREST"], [])
    assert (row["emergency_access_id"], row["agreement_version"]) == (access_id, 1)
    assert (row["principal_id"], row["disclosure_id"]) == (emergency.asker.principal_id, given.disclosure_id)
    [told] = await intake.told("EmergencyDisclosureGiven")
    fact = DisclosureEvent.FromString(told["payload"]).emergency_disclosure_given
    assert (fact.emergency_access_id, fact.given_mask) == (str(access_id), given.given_mask)
    assert (fact.purpose, fact.legal_basis, fact.agreement_version) == (row["purpose"], "VITAL_INTEREST", 1)
    [decided] = await intake.told("EmergencyAccessDecided")
    decision = DisclosureEvent.FromString(decided["payload"]).emergency_access_decided
    assert decision.referral_id == fact.referral_id == str(row["referral_id"])
    assert (
        WORDS.encode() not in (await intake.rows("select * from emergency_access"))[0]["sealed_circumstances"]
    )


async def test_before_the_decision_and_after_a_refusal_nothing_is_given(emergency: Emergency) -> None:
    need = await emergency.held("NAME")
    asked = await emergency.ask(need.referral_id, "BIRTH_AND_SEX")
    await _is_refused(emergency, asked, "ACCESS_NOT_IN_FORCE")
    decided = await emergency.decide(asked, is_authorised=False)
    assert (decided.valid_until_time, decided.review_due_time) == (None, None)
    await _is_refused(emergency, asked, "ACCESS_NOT_IN_FORCE")
    rows = await emergency.intake.rows("select outcome, kind, given_mask from disclosure")
    assert [tuple(row) for row in rows] == [("REFUSED", "EMERGENCY", 0)] * 2
    assert await emergency.intake.rows("select from emergency_review") == []
    told = [row["type"] for row in await emergency.intake.told()]
    assert told.count("DisclosureRefused") == 2
    with pytest.raises(RuleBroken):
        await emergency.decide(asked)


async def test_only_the_part_that_was_allowed_is_given_and_only_in_its_time(emergency: Emergency) -> None:
    need = await emergency.held("NAME")
    asked = await emergency.ask(need.referral_id, "BIRTH_AND_SEX", "CASE_CODE")
    decided = await emergency.decide(asked, "CASE_CODE", minutes=15)
    assert decided.valid_until_time == decided.decided_time + timedelta(minutes=15)
    assert named((await emergency.see(asked)).given_mask) == {"CASE_CODE"}
    async with emergency.intake.database.transaction(SUPERVISOR) as tx:  # as if the time had passed
        await tx.connection.execute(
            "update emergency_access set decided_time = decided_time - interval '16 minutes',"
            " valid_until_time = valid_until_time - interval '16 minutes'"
        )
    await _is_refused(emergency, asked, "ACCESS_NOT_IN_FORCE")


async def test_requester_authoriser_and_reviewer_are_three_people(emergency: Emergency) -> None:
    intake, both = emergency.intake, worker_of(A, "supervisor", "agency_member")
    need = await emergency.held("NAME")
    officer = worker_of(None, "dpo")
    asked = await emergency.ask(need.referral_id, "BIRTH_AND_SEX", by=both)
    refusals: list[tuple[Caller, type[KemError]]] = [
        (both, NotFound),  # the asking agency decides nothing about somebody whom it did not send
        (worker_of(A, "supervisor"), NotFound),
        (worker_of(uuid4(), "supervisor"), NotFound),
    ]
    for caller, kind in refusals:
        with pytest.raises(kind):
            await emergency.decide(asked, by=caller)
    decided = await emergency.decide(asked, by=officer)
    [review] = await intake.rows("select * from emergency_review")
    assert review["kind"] == EmergencyKind.EMERGENCY_ACCESS
    assert set(review["involved_principal_ids"]) == {both.principal_id, officer.principal_id}
    assert decided.review_due_time == decided.decided_time + timedelta(hours=72)
    telephone = Telephone(intake, PostgresEmergencies())
    with pytest.raises(NotPermitted) as refusal:
        await telephone.review(asked, officer)
    assert refusal.value.stable_reason == "REVIEWER_INVOLVED"
    [(waiting, words)] = (await telephone.waiting(worker_of(None, "safeguarding_officer"))).reviews
    assert (named(waiting.given_mask), words) == ({"BIRTH_AND_SEX"}, WORDS)
    await telephone.review(asked, worker_of(None, "safeguarding_officer"))
    [told] = await intake.told("EmergencyReviewed")
    assert told["aggregate_version"] == 3
    reviewed = DisclosureEvent.FromString(told["payload"]).emergency_reviewed
    assert (reviewed.subject_id, reviewed.referral_id) == (str(asked), str(need.referral_id))


async def test_whoever_asks_does_not_authorise_where_they_sent_the_person_themselves(
    emergency: Emergency,
) -> None:
    intake, self_made = emergency.intake, worker_of(KEM, "supervisor")
    person = await intake.person()
    await intake.agree(agreement_with(KEM))
    need = await intake.need(person)
    await intake.accepted(need, KEM)
    asked = await emergency.ask(need.referral_id, "NAME", by=self_made)
    with pytest.raises(NotPermitted) as refusal:
        await emergency.decide(asked, by=self_made)
    assert refusal.value.stable_reason == "AUTHORISER_INVOLVED"
    now = datetime.now(UTC)
    with pytest.raises(asyncpg.CheckViolationError):
        async with intake.database.transaction(self_made) as tx:
            await emergency.accesses.decide(tx, asked, bits("NAME"), now, now + timedelta(hours=1))


async def test_nobody_but_the_asker_uses_it_or_can_tell_that_it_exists(emergency: Emergency) -> None:
    access_id = await _allowed(emergency, "BIRTH_AND_SEX")
    for caller in (member_of(A), member_of(uuid4())):
        for wanted in (access_id, uuid4()):
            with pytest.raises(NotFound) as refusal:
                await emergency.see(wanted, by=caller)
            assert refusal.value.stable_reason == "EMERGENCY_NOT_FOUND"


async def test_who_does_not_hold_the_referral_cannot_ask(emergency: Emergency) -> None:
    need = await emergency.held("NAME")
    for referral_id, caller in (
        (need.referral_id, member_of(uuid4())),
        (need.referral_id, emergency.intake.desk),
        (ReferralId(random_id()), emergency.asker),
    ):
        with pytest.raises(NotFound) as refusal:
            await emergency.ask(referral_id, "NAME", by=caller)
        assert refusal.value.stable_reason == "REFERRAL_NOT_FOUND"


async def test_what_was_allowed_ends_with_the_referral_and_with_the_person_s_data(
    emergency: Emergency,
) -> None:
    access_id = await _allowed(emergency, "BIRTH_AND_SEX")
    [row] = await emergency.intake.rows("select referral_id from need")
    await emergency.intake.follow(Release(row["referral_id"], 2, datetime.now(UTC)))
    await _is_refused(emergency, access_id, "NOT_HOLDER")


async def test_whom_the_person_has_excluded_stays_excluded(emergency: Emergency) -> None:
    access_id, intake = await _allowed(emergency, "BIRTH_AND_SEX", "CASE_CODE"), emergency.intake
    [row] = await intake.rows("select beneficiary_id from need")
    person = row["beneficiary_id"]
    deny: dict[str, Any] = {
        "effect": GrantEffect.DENY,
        "purpose": "SERVICE_LEGAL",
        "is_safety_critical": True,
    }
    await intake.consent(person, grant(A, bits("CASE_CODE"), **deny))
    assert named((await emergency.see(access_id)).given_mask) == {"BIRTH_AND_SEX"}
    await intake.consent(person, grant(A, **deny))
    await _is_refused(emergency, access_id, "EXCLUDED_BY_PERSON")


async def test_without_an_agreement_an_emergency_does_not_help(emergency: Emergency) -> None:
    access_id = await _allowed(emergency, "BIRTH_AND_SEX")
    ended = agreement_with(A, valid_from_time=LONG_AGO, valid_until_time=LONG_AGO + timedelta(days=1))
    await emergency.intake.agree(ended)
    await _is_refused(emergency, access_id, "NO_AGREEMENT")
    await emergency.intake.agree(agreement_with(A, valid_until_time=FAR_AWAY))
    assert (await emergency.see(access_id)).given_mask


async def test_the_same_request_is_one_disclosure(emergency: Emergency) -> None:
    access_id, request_id = await _allowed(emergency, "BIRTH_AND_SEX"), uuid4()
    first = await emergency.see(access_id, request_id=request_id)
    again = await emergency.see(access_id, request_id=request_id)
    assert (first.disclosure_id, first.given_mask) == (again.disclosure_id, again.given_mask)
    assert len(await emergency.intake.rows("select from disclosure")) == 1
    other = await _allowed(emergency, "BIRTH_AND_SEX")
    with pytest.raises(Conflict):
        await emergency.see(other, request_id=request_id)


async def test_the_sender_s_side_and_the_officer_see_what_waits_with_its_words(emergency: Emergency) -> None:
    need = await emergency.held("NAME")
    asked = await emergency.ask(need.referral_id, "BIRTH_AND_SEX")
    for caller in (SUPERVISOR, worker_of(None, "dpo")):
        [(waiting, words)] = (await _waiting(emergency, caller)).accesses
        assert (waiting.emergency_access_id, words) == (asked, WORDS)
    second = await emergency.ask(need.referral_id, "BIRTH_AND_SEX")
    for caller in (worker_of(A, "supervisor"), worker_of(uuid4(), "supervisor")):
        page = await _waiting(emergency, caller, 1)
        assert (page.accesses, page.next_after) == ([], None)
    await emergency.decide(asked)
    await emergency.decide(second)
    assert (await _waiting(emergency, SUPERVISOR)).accesses == []
