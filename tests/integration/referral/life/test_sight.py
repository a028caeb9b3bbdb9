"""What a caller may see of a referral: services for named staff, hidden reasons, words, and after the end."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.caller import Caller
from kernel.codes import CapacityKind, Listing, LocationVisibility, Role
from kernel.errors import KemError
from kernel.ids import ActivityId
from services.referral.domain.capacity import DeclaredCapacity
from services.referral.domain.directory import Activity, Location
from tests.support.directory import agency_id, service, service_id
from tests.support.intake_double import Need
from tests.support.referral_life import DESK, KEM, SUPERVISOR, Life, member, service_ids
from tests.support.saved_directory import caller

pytestmark = pytest.mark.asyncio

INTAKE = caller(Role.INTAKE_WORKER, agency=KEM)
FOCAL_POINT = caller(Role.GBV_FOCAL_POINT, agency=KEM)
PLACE = Location("ATHENS_6", 38.0, 23.7, "Κρυφή 1", LocationVisibility.HIDDEN)


async def seen(life: Life, who: Caller, need: Need) -> Any:
    return (await life.call(who, "GetReferral", referral_id=need.referral_id)).referral


async def listed(life: Life, who: Caller, need: Need) -> Any:
    page = await life.call(who, "ListReferrals", view=1)
    return next(one for one in page.referrals if one.referral_id == str(need.referral_id))


async def answer(life: Life, need: Need, method: str, **fields: object) -> Caller:
    who = member(life.offer_to(need))
    await life.call(who, method, offer_id=life.offer(need)["offer_id"], **fields)
    return who


async def closed(life: Life, **fields: object) -> tuple[Need, Caller]:
    need = await life.one()
    holder = await answer(life, need, "AcceptOffer")
    await life.call(holder, "StartService", referral_id=need.referral_id)
    await life.call(holder, "CloseNotCompleted", referral_id=need.referral_id, **fields)
    return need, holder


async def at_a_hidden_shelter(life: Life, service_type: str = "GBV_SHELTER", **facts: object) -> Need:
    """A referral that the focal point has sent to a shelter which only named staff know."""
    await life.directory.save(
        service(7, 2, service_type=service_type, listing=Listing.NAMED_STAFF, location=PLACE)
    )
    need = await life.one(routing="ASK_FIRST", service_type=service_type, **facts)
    await life.call(FOCAL_POINT, "OfferTo", referral_id=need.referral_id, service_ids=service_ids(7))
    return need


@pytest.mark.parametrize("service_type", ["GBV_SHELTER", "EMERGENCY_SHELTER"])
@pytest.mark.parametrize("look", [seen, listed])
async def test_a_hidden_service_is_named_to_named_staff_and_to_its_own_agency_only(
    life: Life, service_type: str, look: Any
) -> None:
    need = await at_a_hidden_shelter(life, service_type)
    for who in (INTAKE, DESK):
        referral = await look(life, who, need)
        assert [one.offer_id for one in referral.offers] == [life.offer(need)["offer_id"]]
        told = str(referral)
        assert service_ids(7)[0] not in told
        assert str(agency_id(2)) not in told
    for who in (FOCAL_POINT, SUPERVISOR):
        offer = (await look(life, who, need)).offers[0]
        assert (offer.service_id, offer.agency_id) == (service_ids(7)[0], str(agency_id(2)))
    assert (await seen(life, member(2), need)).offers[0].service_id == service_ids(7)[0]
    await answer(life, need, "AcceptOffer")
    assert (await look(life, INTAKE, need)).holder_agency_id == ""
    assert (await look(life, FOCAL_POINT, need)).holder_agency_id == str(agency_id(2))
    assert (await seen(life, member(2), need)).holder_agency_id == str(agency_id(2))


async def test_a_restricted_service_that_partners_know_is_not_linked_to_the_person_either(life: Life) -> None:
    await life.directory.save(service(8, 2, service_type="GBV_COUNSELLING"))
    need = await life.one(routing="ASK_FIRST", service_type="GBV_COUNSELLING")
    await life.call(DESK, "OfferTo", referral_id=need.referral_id, service_ids=service_ids(8))
    assert (await seen(life, INTAKE, need)).offers[0].agency_id == ""
    assert (await seen(life, FOCAL_POINT, need)).offers[0].agency_id == str(agency_id(2))


async def test_a_service_of_which_the_sender_may_not_know_is_as_one_that_does_not_exist(life: Life) -> None:
    await life.directory.save(
        service(7, 2, service_type="GBV_SHELTER", listing=Listing.NAMED_STAFF, location=PLACE)
    )
    for permitted in ([], [str(agency_id(2))]):
        need = await life.one(routing="ASK_FIRST", service_type="GBV_SHELTER", permitted_agency_ids=permitted)
        for who in (INTAKE, DESK):
            refusals = []
            for asked in (service_ids(7)[0], str(uuid4())):
                with pytest.raises(KemError) as refused:
                    await life.call(who, "OfferTo", referral_id=need.referral_id, service_ids=[asked])
                told = refused.value
                refusals.append((type(told), told.stable_reason, told.message, set(told.metadata)))
                assert told.metadata == {"service_id": asked}
            assert refusals[0] == refusals[1]
            assert refusals[0][1] == "SERVICE_NOT_FOUND"
    await life.call(FOCAL_POINT, "OfferTo", referral_id=need.referral_id, service_ids=service_ids(7))
    assert life.state(need) == "OFFERED"


async def test_what_was_hidden_behind_other_cannot_be_told_from_an_ordinary_reason(life: Life) -> None:
    """The same answer, without words, for the code that is hidden and for one that is not."""
    for reason in ("CONFLICT_OR_SAFETY", "CANNOT_MEET_NEED"):
        need = await life.one()
        await answer(life, need, "DeclineOffer", reason=reason)
        for who in (INTAKE, DESK, FOCAL_POINT):
            offer = (await seen(life, who, need)).offers[0]
            assert (offer.reason, list(offer.notes)) == ("OTHER", [])
        assert (await seen(life, SUPERVISOR, need)).offers[0].reason == reason


async def test_the_senders_staff_learn_ordinary_reasons_with_their_words(life: Life) -> None:
    need = await life.one()
    await answer(life, need, "DeclineOffer", reason="NOT_ELIGIBLE_AGE", text="From 25 on.")
    offer = (await seen(life, INTAKE, need)).offers[0]
    assert (offer.reason, [note.text for note in offer.notes]) == ("NOT_ELIGIBLE_AGE", ["From 25 on."])


async def test_the_words_of_a_hidden_reason_are_not_even_opened(life: Life) -> None:
    need, _ = await closed(life, reason="DETAINED_OR_REMOVED", text="Arrested on Tuesday.")
    for who in (INTAKE, DESK):
        referral = await seen(life, who, need)
        assert referral.reason == "OTHER"
        assert [note for offer in referral.offers for note in offer.notes] == []
    assert life.intake.opened_by == []
    referral = await seen(life, SUPERVISOR, need)
    assert referral.reason == "DETAINED_OR_REMOVED"
    assert referral.offers[0].notes[0].text == "Arrested on Tuesday."


async def test_danger_is_shown_to_the_supervisor_only_when_an_agency_refers_to_itself(life: Life) -> None:
    own = agency_id(1)
    intake, supervisor = caller(Role.INTAKE_WORKER, agency=own), caller(Role.SUPERVISOR, agency=own)
    declined = life.need(permitted_agency_ids=[str(own)])
    ended = life.need(permitted_agency_ids=[str(own)])
    await life.hear(life.recorded(declined, sender=own), life.recorded(ended, sender=own))
    await answer(life, declined, "DeclineOffer", reason="CONFLICT_OR_SAFETY")
    await answer(life, ended, "AcceptOffer")
    await life.call(
        member(1), "CloseNotCompleted", referral_id=ended.referral_id, reason="DETAINED_OR_REMOVED"
    )
    for who, first, second in (
        (intake, "OTHER", "OTHER"),
        (member(1), "OTHER", "OTHER"),
        (supervisor, "CONFLICT_OR_SAFETY", "DETAINED_OR_REMOVED"),
    ):
        assert (await seen(life, who, declined)).offers[0].reason == first
        assert (await seen(life, who, ended)).reason == second


async def questioned(life: Life) -> tuple[Need, Caller]:
    need = await life.one()
    who = await answer(life, need, "RequestInformation", question="What does she need?")
    await life.call(DESK, "ProvideInformation", offer_id=life.offer(need)["offer_id"], answer="A nurse.")
    return need, who


@pytest.mark.parametrize("end", ["withdrawn", "cancelled", "closed"])
async def test_whoever_held_it_reads_no_words_after_the_end(life: Life, end: str) -> None:
    need, holder = await questioned(life)
    await answer(life, need, "AcceptOffer")
    assert len((await seen(life, holder, need)).offers[0].notes) == 2
    life.intake.opened_by.clear()
    if end == "withdrawn":
        await life.hear(life.withdrawn(need))
    elif end == "cancelled":
        await life.call(DESK, "CancelReferral", referral_id=need.referral_id, reason="PERSON_UNREACHABLE")
    else:
        await life.call(
            holder, "CloseNotCompleted", referral_id=need.referral_id, reason="OTHER", text="She left."
        )
    referral = await seen(life, holder, need)
    assert [note for offer in referral.offers for note in offer.notes] == []
    assert not referral.HasField("card")
    assert life.intake.opened_by == []
    assert referral.reason == {"withdrawn": "", "cancelled": "WITHHELD", "closed": "OTHER"}[end]
    sent = await seen(life, DESK, need)
    assert len(sent.offers[0].notes) == (3 if end == "closed" else 2)


async def test_looking_changes_nothing_and_goes_on_record(life: Life) -> None:
    need, holder = await questioned(life)
    await answer(life, need, "AcceptOffer")
    tables = ("referral", "offer", "offer_note", "need_profile", "proposal", "deadline", "capacity", "outbox")
    stored = {table: life.rows(f"select * from {table} order by 1") for table in tables}
    for who in (DESK, holder):
        await seen(life, who, need)
    for table, rows in stored.items():
        now = life.rows(f"select * from {table} order by 1")
        if table == "outbox":
            assert [row for row in now if row not in rows] == now[len(rows) :]
            topics = life.rows(f"select topic from outbox order by 1 offset {len(rows)}")
            recorded = life.rows("select count(*) from outbox where topic = 'kem.access.v1'")
            assert recorded == [["2"]], topics
        else:
            assert now == rows


async def test_somebody_elses_referral_is_answered_as_none_and_by_the_same_work(life: Life) -> None:
    need = await life.one()
    who = await answer(life, need, "DeclineOffer", reason="NOT_OUR_SERVICE")
    stranger = caller(Role.AGENCY_MEMBER, agency=uuid4())
    answers = []
    for asked_by, referral_id in ((who, need.referral_id), (stranger, need.referral_id), (who, UUID(int=5))):
        with pytest.raises(KemError) as refused:
            await life.call(asked_by, "GetReferral", referral_id=referral_id)
        told = refused.value
        answers.append((type(told), told.stable_reason, told.message, dict(told.metadata)))
    assert answers[0] == answers[1] == answers[2]
    assert life.rows("select * from outbox where topic = 'kem.access.v1'") == []


async def test_the_course_of_an_offer_is_told_to_whoever_may_know_of_it(life: Life) -> None:
    await life.directory.save(
        service(7, 2, service_type="EMERGENCY_SHELTER", listing=Listing.NAMED_STAFF, location=PLACE)
    )
    now = datetime.now(UTC).replace(microsecond=0)
    stay = Activity(
        activity_id=ActivityId(uuid4()),
        service_id=service_id(7),
        name_el="Μία εβδομάδα",
        name_en="A week",
        start_time=now + timedelta(hours=1),
        end_time=now + timedelta(days=7),
        capacity=DeclaredCapacity(CapacityKind.PLACES, 1),
    )
    await life.directory.save_activities([stay])
    need = await life.one(routing="ASK_FIRST", service_type="EMERGENCY_SHELTER")
    await life.call(FOCAL_POINT, "OfferTo", referral_id=need.referral_id, service_ids=service_ids(7))
    for look in (seen, listed):
        for who in (FOCAL_POINT, SUPERVISOR):
            [offer] = (await look(life, who, need)).offers
            assert (offer.activity.name.el, offer.activity.name.en) == ("Μία εβδομάδα", "A week")
        [offer] = (await look(life, INTAKE, need)).offers
        assert not offer.HasField("activity")
    [offer] = (await seen(life, member(2), need)).offers
    assert offer.activity.start_time.ToDatetime(tzinfo=UTC) == stay.start_time
    assert offer.activity.end_time.ToDatetime(tzinfo=UTC) == stay.end_time
