"""Consent, agreements and services end: open offers are taken back and nobody is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis import topics
from chassis.events import IncomingEvent
from kem.disclosure.v1.disclosure_events_pb2 import AgreementChanged, DisclosureEvent
from kernel.codes import Role
from kernel.errors import Unavailable
from services.referral.domain.offer import OfferAlreadyAnswered
from services.referral.use_cases.resume_service import resume_service
from services.referral.use_cases.suspend_service import suspend_service
from tests.support.directory import agency_id, service_id
from tests.support.intake_double import event_of
from tests.support.referral_life import DESK, Life, member
from tests.support.saved_directory import WORKER, caller

pytestmark = pytest.mark.asyncio


async def suspend(life: Life, number: int) -> int:
    admin = caller(Role.AGENCY_ADMIN, agency=agency_id(number))
    async with life.directory.app.transaction(admin) as tx:
        return await suspend_service(service_id(number), tx, life.directory.stores)


async def test_consent_withdrawn_for_the_agency_that_was_asked_goes_to_the_next(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    others = [str(agency_id(number)) for number in (1, 2, 3) if number != first]
    life.change(need, permitted_agency_ids=others)
    await life.hear(life.profile_changed(need))
    assert life.offer(need)["state"] == "REVOKED"
    with pytest.raises(OfferAlreadyAnswered):
        await life.call(member(first), "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    await life.work_off()
    assert life.state(need) == "OFFERED"
    assert life.offer_to(need) != first
    revoked = life.facts(need)[1].offer_revoked
    assert revoked.cause == "WITHHELD"
    assert "CONSENT" not in str(life.facts(need))


async def test_a_whole_withdrawal_ends_what_nobody_has_taken_up_and_leaves_what_is_held(life: Life) -> None:
    held, offered, waits = await life.one(), await life.one(), await life.one(routing="ASK_FIRST")
    await life.call(member(life.offer_to(held)), "AcceptOffer", offer_id=life.offer(held)["offer_id"])
    for need in (held, offered, waits):
        life.change(need, consent_withdrawn=True, permitted_agency_ids=[])
        await life.hear(life.consent_withdrawn(need), life.profile_changed(need))
    assert [life.state(need) for need in (held, offered, waits)] == ["ACCEPTED", "WITHDRAWN", "WITHDRAWN"]
    assert life.offer(offered)["state"] == "REVOKED"


async def test_whoever_is_erased_leaves_nothing_of_the_profile(life: Life) -> None:
    held, offered = await life.one(), await life.one()
    await life.call(member(life.offer_to(held)), "AcceptOffer", offer_id=life.offer(held)["offer_id"])
    for need in (held, offered):
        life.change(need, state=3)
        await life.hear(life.profile_changed(need))
    assert (life.state(held), life.state(offered)) == ("ACCEPTED", "WITHDRAWN")
    assert life.rows("select * from need_profile") == []


async def test_a_suspended_service_gives_back_its_offers_and_its_waiters(life: Life) -> None:
    await life.declare((1, 1), (2, 1), (3, 0))
    needs = [await life.one() for _ in range(3)]
    asked = {life.offer_to(need): need for need in needs[:2]}
    assert life.state(needs[2]) == "WAITLISTED"
    assert await suspend(life, 1) == 1
    await life.work_off()
    assert life.offer(asked[1])["state"] == "REVOKED"
    assert "referral_rematched" in life.told(asked[1])
    assert life.state(asked[2]) == "OFFERED"
    assert {life.state(asked[1]), life.state(needs[2])} == {"WAITLISTED"}
    waits_for = {row[0] for row in life.rows("select agency_id from waitlist_entry")}
    assert waits_for == {str(agency_id(2))}


async def test_a_service_that_is_resumed_is_asked_again(life: Life) -> None:
    await life.declare((1, 2), (2, 0), (3, 0))
    need = await life.one()
    await suspend(life, 1)
    await life.work_off()
    assert life.state(need) == "AWAITING_PERSON"
    later = await life.one()
    assert life.state(later) == "UNMATCHED"
    admin = caller(Role.AGENCY_ADMIN, agency=agency_id(1))
    async with life.directory.app.transaction(admin) as tx:
        await resume_service(service_id(1), tx, life.directory.stores)
    await life.work_off()
    assert life.state(later) == "OFFERED"


def agreement(number: int, until: datetime, version: int, begins: datetime | None = None) -> IncomingEvent:
    envelope = DisclosureEvent(aggregate_version=version)
    fact = AgreementChanged(agency_id=str(agency_id(number)))
    fact.valid_from_time.FromDatetime(begins or datetime.now(UTC) - timedelta(days=9))
    fact.valid_until_time.FromDatetime(until)
    envelope.agreement_changed.CopyFrom(fact)
    return event_of(agency_id(number), envelope, topics.DISCLOSURE)


async def test_an_agreement_that_ends_takes_its_offers_back(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    await life.hear(agreement(first, datetime.now(UTC) - timedelta(seconds=1), 2))
    await life.work_off()
    assert life.offer(need, 1)["state"] == "REVOKED"
    assert life.facts(need)[1].offer_revoked.cause == "AGREEMENT_ENDED"
    assert life.offer_to(need) != first


async def test_an_agreement_that_runs_out_by_itself_does_the_same(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    await life.hear(agreement(first, datetime.now(UTC) + timedelta(minutes=5), 2))
    await life.work_off()
    assert life.offer(need, 1)["state"] == "SENT"
    life.superuser.execute(
        "update agreement set valid_until_time = valid_until_time - interval '6 minutes' where version = 2;"
        "update deadline set due_time = due_time - interval '6 minutes' where kind = 'AGREEMENT_ENDS'"
    )
    await life.work_off()
    assert life.offer(need, 1)["state"] == "REVOKED"


async def test_an_agreement_that_begins_later_ends_the_one_before_and_brings_in_others_when_it_begins(
    life: Life,
) -> None:
    need, now = await life.one(permitted_agency_ids=[str(agency_id(1))]), datetime.now(UTC)
    life.change(need, profile_version=1, permitted_agency_ids=[])
    await life.hear(agreement(1, now + timedelta(days=9), 2, begins=now + timedelta(minutes=5)))
    await life.work_off()
    assert life.offer(need)["state"] == "REVOKED"
    later = await life.one(permitted_agency_ids=[])
    life.change(later, profile_version=1, permitted_agency_ids=[str(agency_id(1))])
    await life.work_off()
    assert life.state(later) == "AWAITING_PERSON"
    life.superuser.execute(
        "update agreement set valid_from_time = valid_from_time - interval '6 minutes' where version = 2;"
        "update deadline set due_time = due_time - interval '6 minutes'"
    )
    await life.work_off()
    assert life.offer_to(later) == 1


async def test_a_new_agreement_brings_in_those_who_found_nobody(life: Life) -> None:
    life.superuser.execute("update agreement set valid_until_time = valid_from_time, version = 1")
    need = await life.one(permitted_agency_ids=[])
    assert life.state(need) == "UNMATCHED"
    life.change(need, profile_version=1)  # intake permits an agency only while its agreement holds
    await life.hear(agreement(2, datetime.now(UTC) + timedelta(days=9), 2))
    await life.work_off()
    assert life.offer_to(need) == 2


async def test_an_older_word_about_an_agreement_changes_nothing(life: Life) -> None:
    need = await life.one()
    first = life.offer_to(need)
    await life.hear(agreement(first, datetime.now(UTC) + timedelta(days=9), 5))
    await life.hear(agreement(first, datetime.now(UTC) - timedelta(days=1), 4))
    await life.work_off()
    assert life.offer(need)["state"] == "SENT"


async def test_what_is_given_back_after_a_whole_withdrawal_is_offered_to_nobody(life: Life) -> None:
    need = await life.one()
    holder = member(life.offer_to(need))
    await life.call(holder, "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    life.change(need, permitted_agency_ids=[], consent_withdrawn=True)
    await life.hear(life.consent_withdrawn(need))
    await life.call(holder, "ReturnReferral", referral_id=need.referral_id, reason="IDENTITY_NOT_FOUND")
    await life.work_off()
    assert life.state(need) == "WITHDRAWN"
    assert life.offer(need)["number"] == "1"


async def test_what_is_given_back_after_an_erasure_ends(life: Life) -> None:
    need = await life.one()
    holder = member(life.offer_to(need))
    await life.call(holder, "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    life.change(need, state=3)
    await life.hear(life.profile_changed(need))
    await life.call(holder, "ReturnReferral", referral_id=need.referral_id, reason="IDENTITY_NOT_FOUND")
    await life.work_off()
    assert life.state(need) == "WITHDRAWN"


async def test_an_answer_that_is_older_than_what_is_known_revokes_nothing(life: Life) -> None:
    need = await life.one(routing="ASK_FIRST")
    life.change(need, permitted_agency_ids=[str(agency_id(1))])
    event = life.profile_changed(need)
    prepared = await life.batches.prepare([event])
    life.change(need, permitted_agency_ids=[str(agency_id(1)), str(agency_id(2))])
    await life.call(DESK, "OfferTo", referral_id=need.referral_id, service_ids=[life.service_of(2)])
    async with life.directory.worker.transaction(WORKER) as tx:
        await life.batches.apply(tx, [event], prepared)
    assert (life.state(need), life.offer(need)["state"]) == ("OFFERED", "SENT")


async def test_an_older_answer_does_not_withdraw_who_has_consented_again(life: Life) -> None:
    need = await life.one(routing="ASK_FIRST")
    life.change(need, consent_withdrawn=True, permitted_agency_ids=[])
    event = life.profile_changed(need)
    prepared = await life.batches.prepare([event])
    life.change(need)
    await life.hear(life.profile_changed(need))
    async with life.directory.worker.transaction(WORKER) as tx:
        await life.batches.apply(tx, [event], prepared)
    assert life.state(need) == "AWAITING_PERSON"


async def test_a_need_about_which_intake_was_not_asked_makes_the_batch_ask_again(life: Life) -> None:
    need = life.need()
    event = life.profile_changed(need)
    prepared = await life.batches.prepare([event])
    await life.hear(life.recorded(need))
    with pytest.raises(Unavailable):
        async with life.directory.worker.transaction(WORKER) as tx:
            await life.batches.apply(tx, [event], prepared)


async def test_nobody_is_asked_whose_grant_has_ended_meanwhile(life: Life) -> None:
    need = await life.one(permitted_agency_ids=[str(agency_id(1)), str(agency_id(2))])
    first = life.offer_to(need)
    # a grant ends by time alone: intake tells nobody and the version stays
    life.change(need, permitted_agency_ids=[str(agency_id(first))], profile_version=1)
    await life.call(
        member(first), "DeclineOffer", offer_id=life.offer(need)["offer_id"], reason="NOT_OUR_SERVICE"
    )
    await life.work_off()
    assert life.state(need) == "AWAITING_PERSON"


async def test_nobody_on_a_waiting_list_is_asked_after_the_grant_has_ended(life: Life) -> None:
    await life.declare((1, 1), (2, 0), (3, 0))
    first, waits = await life.one(), await life.one()
    life.change(waits, permitted_agency_ids=[], profile_version=1)
    await life.call(DESK, "CancelReferral", referral_id=first.referral_id, reason="DUPLICATE")
    await life.work_off()
    assert life.state(waits) == "AWAITING_PERSON"
    assert life.rows("select * from waitlist_entry") == []


async def test_while_intake_is_away_whoever_seeks_a_provider_waits_and_other_clocks_run(life: Life) -> None:
    need, clock = await life.one(), await life.one(urgency=2)
    await life.call(
        member(life.offer_to(need)),
        "DeclineOffer",
        offer_id=life.offer(need)["offer_id"],
        reason="NOT_OUR_SERVICE",
    )
    life.let_pass(hours=13)
    life.intake.is_away = True
    await life.work_off()
    assert life.state(need) == "MATCHING"
    assert life.told(clock)[-1] == "offer_reminder_due"
    life.intake.is_away = False
    life.let_pass(seconds=1)
    await life.work_off()
    assert life.state(need) == "OFFERED"


async def test_an_agreement_that_begins_counts_for_who_is_being_matched_and_who_is_asked(life: Life) -> None:
    others = [str(agency_id(number)) for number in (1, 3)]
    needs = [await life.one(permitted_agency_ids=others[:1]) for _ in range(2)]
    await life.call(
        member(1), "DeclineOffer", offer_id=life.offer(needs[0])["offer_id"], reason="NOT_OUR_SERVICE"
    )
    for need in needs:
        life.change(need, permitted_agency_ids=others, profile_version=1)
    await life.hear(agreement(3, datetime.now(UTC) + timedelta(days=9), 2))
    await life.work_off()
    await life.call(
        member(1), "DeclineOffer", offer_id=life.offer(needs[1])["offer_id"], reason="NOT_OUR_SERVICE"
    )
    await life.work_off()
    assert [life.offer_to(need) for need in needs] == [3, 3]


async def test_an_agreement_that_begins_frees_who_lacked_permission_for_anybody(life: Life) -> None:
    need = await life.one(permitted_agency_ids=[])
    assert life.state(need) == "AWAITING_PERSON"
    life.change(need, profile_version=1)
    await life.hear(agreement(2, datetime.now(UTC) + timedelta(days=9), 2))
    await life.work_off()
    assert life.state(need) == "OFFERED"


async def test_an_offer_that_is_committed_just_after_an_agreement_ended_is_revoked_too(life: Life) -> None:
    ended = datetime.now(UTC) - timedelta(seconds=1)
    await life.hear(agreement(1, ended, 2))
    await life.work_off()
    # matched while the agreement held, committed after the first look
    life.superuser.execute("update agreement set valid_until_time = valid_until_time + interval '1 day'")
    need = await life.one(permitted_agency_ids=[str(agency_id(1))])
    assert life.offer_to(need) == 1
    life.superuser.execute("update agreement set valid_until_time = valid_until_time - interval '1 day'")
    life.let_pass(seconds=11)
    await life.work_off()
    assert life.offer(need)["state"] == "REVOKED"
    assert life.rows("select * from deadline where kind = 'AGREEMENT_ENDS'") == []
