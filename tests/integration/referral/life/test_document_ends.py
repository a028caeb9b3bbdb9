"""A document that ends before the activity: a stored warning, or an exclusion where the rule says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from kem.intake.v1.eligibility_service_pb2 import STATUS_CHECK_YES
from kernel.codes import CapacityKind
from kernel.errors import KemError
from kernel.ids import ActivityId
from services.referral.domain.calendar import ATHENS
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.directory import Activity, Eligibility
from tests.support.directory import service, service_id
from tests.support.intake_double import Need
from tests.support.referral_life import DESK, Life, member

pytestmark = pytest.mark.asyncio

RULE = "WORK_ALLOWED"
WARNING = "DOCUMENT_ENDS_BEFORE_ACTIVITY"
NOW = datetime.now(UTC)
LENIENT = Eligibility((), (), (), RULE, True)
STRICT = replace(LENIENT, status_proof_until_end=True)


def month(days: int) -> str:
    """The month in Athens so many days from now."""
    return (NOW + timedelta(days=days)).astimezone(ATHENS).date().isoformat()[:7]


def course(number: int, days: int) -> Activity:
    """A course of a service, with two places, that ends in so many days."""
    return Activity(
        activity_id=ActivityId(uuid4()),
        service_id=service_id(number),
        name_el="Μάθημα",
        name_en="Course",
        start_time=NOW + timedelta(days=1),
        end_time=NOW + timedelta(days=days),
        capacity=DeclaredCapacity(CapacityKind.PLACES, 2),
    )


async def training(life: Life, rules: Eligibility, *days: int) -> list[Activity]:
    """Vocational training of agency 1, with courses that end in so many days."""
    await life.directory.save(service(7, 1, service_type="VOCATIONAL_TRAINING", eligibility=rules))
    courses = [course(7, one) for one in days]
    await life.directory.save_activities(courses)
    await life.work_off()
    return courses


async def trainee(life: Life, covered: str, **facts: Any) -> Need:
    """Somebody who is allowed to work, by a document that covers this month to its end."""
    known: dict[str, Any] = {
        "service_type": "VOCATIONAL_TRAINING",
        "status_checks": {RULE: STATUS_CHECK_YES},
        "proof_months": {RULE: covered},
    }
    return await life.one(**(known | facts))


def stored_warnings(life: Life, need: Need) -> list[str]:
    rows = life.rows(
        "select array_to_string(warnings, ' ') from proposal"
        f" where referral_id = '{need.referral_id}' order by match_number desc, rank"
    )
    return rows[0][0].split() if rows else []


async def test_the_worker_is_warned_in_greek_and_english_and_the_warning_is_stored(life: Life) -> None:
    await training(life, LENIENT, 150)
    need = await trainee(life, month(60), routing="ASK_FIRST")
    assert stored_warnings(life, need) == [WARNING]
    explained = await life.call(DESK, "ExplainMatches", referral_id=need.referral_id)
    [proposal] = explained.proposals
    assert list(proposal.warnings) == [WARNING]
    [warning] = proposal.warning_texts
    assert warning.warning == WARNING
    assert warning.text_en.startswith("The proof of legal status ends before the activity does")
    assert warning.text_el.startswith("Το αποδεικτικό του νομικού καθεστώτος λήγει πριν τελειώσει η δράση")
    await life.call(DESK, "OfferTo", referral_id=need.referral_id, service_ids=[life.service_of(7)])
    assert life.state(need) == "OFFERED"


@pytest.mark.parametrize("rules", [LENIENT, STRICT])
async def test_a_document_that_lasts_is_no_matter(life: Life, rules: Eligibility) -> None:
    await training(life, rules, 60)
    need = await trainee(life, month(60))
    assert (life.state(need), stored_warnings(life, need)) == ("OFFERED", [])


async def test_where_the_service_asks_that_it_lasts_nothing_is_offered_without_a_named_reason(
    life: Life,
) -> None:
    await training(life, STRICT, 150)
    need = await trainee(life, month(60))
    assert life.state(need) == "UNMATCHED"
    explained = await life.call(
        DESK, "ExplainMatches", referral_id=need.referral_id, excluded_reason="DOCUMENT_ENDS"
    )
    assert [(one.reason, one.count) for one in explained.exclusions] == [("DOCUMENT_ENDS", 1)]
    assert explained.exclusions[0].text_en.startswith("It asks for a proof of legal status that lasts")
    assert [one.service_id for one in explained.excluded] == [life.service_of(7)]
    with pytest.raises(KemError) as refused:
        await life.call(DESK, "OfferTo", referral_id=need.referral_id, service_ids=[life.service_of(7)])
    assert refused.value.metadata["exclusion"] == "DOCUMENT_ENDS"
    await life.call(
        DESK,
        "OfferTo",
        referral_id=need.referral_id,
        service_ids=[life.service_of(7)],
        override_reason="PERSON_CHOICE",
    )
    assert life.state(need) == "OFFERED"


async def test_the_course_that_the_document_covers_is_the_one_that_is_offered(life: Life) -> None:
    long, short = await training(life, STRICT, 150, 40)
    offered = [await trainee(life, month(60)) for _ in range(3)]
    assert [life.state(need) for need in offered] == ["OFFERED", "OFFERED", "WAITLISTED"]
    units = life.rows("select distinct unit_id from offer union select unit_id from waitlist_entry")
    assert units == [[str(short.activity_id)]]
    renewed = await trainee(life, month(180))
    units = life.rows(f"select unit_id from offer where referral_id = '{renewed.referral_id}'")
    assert units == [[str(long.activity_id)]]


async def test_a_renewed_document_opens_the_door_again(life: Life) -> None:
    await training(life, STRICT, 150)
    need = await trainee(life, month(60))
    assert life.state(need) == "UNMATCHED"
    life.change(
        need, service_type="VOCATIONAL_TRAINING", status_checks={RULE: STATUS_CHECK_YES}, proof_months={}
    )
    await life.hear(life.profile_changed(need))
    await life.work_off()
    assert life.state(need) == "OFFERED"


async def test_nothing_of_the_document_travels_nor_is_seen_by_the_agency_that_is_asked(life: Life) -> None:
    await training(life, LENIENT, 150)
    covered = month(60)
    offered = await trainee(life, covered)
    await life.directory.save(
        service(8, 2, service_type="JOB_PLACEMENT", eligibility=STRICT, areas=("ATHENS_6",))
    )
    await life.directory.save_activities([course(8, 150)])
    shut_out = await trainee(life, covered, service_type="JOB_PLACEMENT")
    assert (life.state(offered), life.state(shut_out)) == ("OFFERED", "UNMATCHED")
    told = life.facts(shut_out)[0].referral_unmatched
    assert told.reason == "WITHHELD"
    events = life.rows("select encode(payload, 'escape') from outbox where topic = 'kem.referral.v1'")
    card = (await life.call(member(1), "GetReferral", referral_id=offered.referral_id)).referral
    listed = await life.call(member(1), "ListReferrals", view=2)
    for seen in (str(events), str(card), str(listed)):
        assert covered not in seen
        assert "DOCUMENT" not in seen
    with pytest.raises(KemError) as refused:
        await life.call(member(1), "ExplainMatches", referral_id=offered.referral_id)
    assert refused.value.stable_reason == "REFERRAL_NOT_FOUND"


async def test_what_the_warning_said_goes_when_the_referral_ends(life: Life) -> None:
    await training(life, LENIENT, 150)
    need = await trainee(life, month(60))
    assert stored_warnings(life, need) == [WARNING]
    await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="DUPLICATE")
    assert stored_warnings(life, need) == []
    assert life.rows("select * from need_profile") == []
