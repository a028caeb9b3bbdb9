"""Every step that a referral can take, and every word of intake, taken today on real tables.

With KEM_WRITE_GOLDEN=1 a history of that name that is missing is kept, for later days to be held against.
"""

from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis import topics
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kem.referral.v1.referral_events_pb2 import ReferralEvent
from kernel.codes import Role
from kernel.errors import NotYetKnown
from kernel.ids import BeneficiaryId
from kernel.vocabulary import LegalBasis
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.postgres_corrections import PostgresCorrections
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.beneficiary import Beneficiary
from services.intake.domain.cells import GrantEffect
from services.intake.domain.contact_attempt import ContactResult
from services.intake.domain.handover import HandoverAnswer
from services.intake.domain.recall import Acknowledgement, Recall
from services.intake.use_cases.acknowledge_recall import AcknowledgeRecall, acknowledge_recall
from services.intake.use_cases.update_beneficiary import UpdateBeneficiary, update_beneficiary
from services.referral.use_cases.set_needed_categories import set_needed_categories
from tests.support.consented_people import (
    METHOD,
    OpenIntake,
    agreement_with,
    bits,
    grant,
    member_of,
    open_intake,
)
from tests.support.desk_work import DeskWork
from tests.support.directory import agency_id
from tests.support.golden import facts_of
from tests.support.histories import is_writing, keep, standings, waiting
from tests.support.intake_double import Need
from tests.support.people import invented_person
from tests.support.postgres import FreshDatabase
from tests.support.recalls import DAY, Recalls
from tests.support.referral_life import DESK, Life, member, open_life
from tests.support.saved_directory import caller, open_directory
from tests.support.telephone import Telephone
from tests.support.vault import KEM, worker_of

URGENT, EMERGENCY = 2, 1
TOLD_IN_EMERGENCIES = {
    "HandoverRecorded",
    "EmergencyReviewed",
    "EmergencyAccessRequested",
    "EmergencyAccessDecided",
    "EmergencyDisclosureGiven",
}
TOLD_OF_AUTHORITIES = {
    "AuthorityNotified",
    "CompelledRequestRegistered",
    "CompelledRequestDecided",
    "CompelledTellingDecided",
    "CompelledDisclosureGiven",
}
TOLD_OF_RECALLS = {"RecallOpened", "RecallOverdue", "RecallAcknowledged"}
TOLD_OF_RECEIPTS = {"ReceiptIssued", "ReceiptRevoked"}
TOLD_OF_RIGHTS = {fact for fact in facts_of(DisclosureEvent) if fact.startswith(("Complaint", "Rights"))}
TOLD_OF_WHAT_CONSENT_RESTS_ON = {
    "NoticePublished",
    "AgeRulesSaved",
    "ConsentStateRecorded",
    "ConsentFrozen",
    "ConsentFreezeLifted",
}
TOLD_OF_MERGES = {"BeneficiariesMerged", "BeneficiariesUnmerged"}
TOLD_OF_KEYS = {"KeyEpochDestroyed"}
TOLD_OF_ATTEMPTS = {"ContactAttempted"}
TOLD_OF_RETENTION = {fact for fact in facts_of(DisclosureEvent) if fact.startswith("Retention")}


async def answer(life: Life, need: Need, method: str, **fields: object) -> None:
    """By whoever was last asked."""
    await life.call(member(life.offer_to(need)), method, offer_id=life.offer(need)["offer_id"], **fields)


async def report(life: Life, need: Need, method: str, **fields: object) -> None:
    """By whoever holds it."""
    await life.call(member(life.offer_to(need)), method, referral_id=need.referral_id, **fields)


async def take_every_step(life: Life) -> list[Need]:
    """Referrals to which together everything happens."""
    await life.open_day_and_night()
    only_one = [str(agency_id(1))]

    done = await life.one()
    await answer(life, done, "AcknowledgeOffer")
    await answer(life, done, "RequestInformation", question="In the morning?")
    await life.call(DESK, "ProvideInformation", offer_id=life.offer(done)["offer_id"], answer="Yes.")
    await answer(life, done, "AcceptOffer", for_assessment=True)
    await answer(life, done, "AcceptOffer")
    await report(life, done, "StartService")
    await report(life, done, "CompleteReferral", outcome="NEED_MET", confirmed_by="BOTH")

    returned = await life.one()
    await answer(life, returned, "DeclineOffer", reason="OUTSIDE_AREA")
    await life.work_off()
    await answer(life, returned, "AcceptOffer")
    await report(life, returned, "ReturnReferral", reason="CAPACITY_LOST")
    await life.work_off()
    await answer(life, returned, "AcceptOffer")
    await report(life, returned, "CloseNotCompleted", reason="MOVED_AWAY")

    unopened = await life.one(urgency=EMERGENCY)
    life.let_pass(minutes=31)
    await life.work_off()
    life.let_pass(minutes=40)
    await life.work_off()
    life.let_pass(hours=30)
    await life.work_off()
    await life.call(DESK, "MarkEnteredInError", referral_id=unopened.referral_id)

    listed = await life.one(permitted_agency_ids=only_one)
    await answer(life, listed, "WaitlistOffer")
    life.change(listed, permitted_agency_ids=[*only_one, str(agency_id(2))])
    await life.call(DESK, "OfferTo", referral_id=listed.referral_id, service_ids=[life.service_of(2)])
    await life.call(DESK, "CancelReferral", referral_id=listed.referral_id, reason="DUPLICATE")

    withdrawn = await life.one(permitted_agency_ids=[*only_one, str(agency_id(3))])
    life.change(withdrawn, permitted_agency_ids=[str(agency_id(4 - life.offer_to(withdrawn)))])
    await life.hear(life.profile_changed(withdrawn))  # the open offer is revoked
    await life.work_off()
    await life.hear(life.withdrawn(withdrawn))

    nobody = await life.one(district="ATHENS_1", languages=["tir"], service_type="GREEK_B1")
    asked_first = (await life.record(life.need(), routing="ASK_FIRST"))[0]
    waits = await wait_for_a_place(life, only_one)
    return [done, returned, unopened, listed, withdrawn, nobody, asked_first, waits]


async def wait_for_a_place(life: Life, only_one: list[str]) -> Need:
    """The last place is taken by another; it frees, and who waited is matched again."""
    await life.declare((1, 1))
    first = await life.one(permitted_agency_ids=only_one)
    waits = await life.one(permitted_agency_ids=only_one)
    assert (life.state(first), life.state(waits)) == ("OFFERED", "WAITLISTED")
    await life.call(DESK, "CancelReferral", referral_id=first.referral_id, reason="DUPLICATE")
    await life.work_off()
    return waits


async def test_every_step_of_a_referral_is_told_and_folds_to_where_it_stands(
    fresh: FreshDatabase, everything: asyncpg.Connection
) -> None:
    async with open_life(fresh) as life:
        needs = await take_every_step(life)
        life.check_history()
        events = await waiting(everything, "referral")
        told = {event.logged.type for event in events if event.logged.topic == topics.REFERRAL}
        assert told == facts_of(ReferralEvent)
        if is_writing():
            rows = life.rows("select need_id, referral_id, beneficiary_id, service_type from referral")
            names = ("need_id", "referral_id", "beneficiary_id", "service_type")
            state = {
                "needs": [dict(zip(names, row, strict=True)) for row in rows],
                "referrals": await standings(everything),
            }
            keep("every-step", events, state)
    assert needs


async def move(intake: OpenIntake, person: BeneficiaryId, beneficiary: Beneficiary) -> None:
    """The person's data are written anew."""
    command = UpdateBeneficiary(uuid4(), person, 1, beneficiary)
    vault = intake.open_vault
    async with intake.database.transaction(intake.desk) as tx:
        await update_beneficiary(
            command,
            METHOD,
            tx,
            vault.vault,
            vault.people,
            vault.search,
            PostgresCorrections(),
            PostgresRecalls(),
            PostgresConsentFreezes(),
        )


async def acknowledged(intake: OpenIntake, recall: Recall) -> None:
    """The holder has destroyed everything."""
    command = AcknowledgeRecall(
        uuid4(), recall.recall_id, Acknowledgement(recall.recalled_mask, 0, ""), "All of it."
    )
    async with intake.database.transaction(member_of(recall.agency_id)) as tx:
        await acknowledge_recall(command, tx, intake.parts.recalls, intake.parts.vault)


async def test_every_word_of_intake_is_told(
    fresh: FreshDatabase, everything: asyncpg.Connection, tmp_path: Path
) -> None:
    partner, other = agency_id(1), agency_id(2)
    async with open_intake(fresh, tmp_path) as intake:
        await intake.agree(agreement_with(partner), agreement_with(other))
        beneficiary = invented_person()
        person = await intake.open_vault.register(beneficiary, intake.desk)
        await intake.consent(person, grant(partner), grant(other))
        await move(intake, person, replace(beneficiary, district="ATHENS_3"))
        held, withdrawn = await intake.need(person), await intake.need(person)
        await intake.accepted(held, partner)
        await intake.disclose(held, member_of(partner))
        with pytest.raises(NotYetKnown):
            await intake.disclose(held, member_of(other))
        await intake.withdraw_need(withdrawn)
        await intake.withdraw(person, other)
        [recall] = (await intake.withdraw(person)).recalls
        await acknowledged(intake, recall)
    events = await waiting(everything, "intake")
    words = facts_of(IntakeEvent) | facts_of(DisclosureEvent)
    told_elsewhere = TOLD_IN_EMERGENCIES | TOLD_OF_AUTHORITIES | TOLD_OF_RIGHTS
    told_elsewhere |= TOLD_OF_WHAT_CONSENT_RESTS_ON | TOLD_OF_MERGES | TOLD_OF_KEYS | TOLD_OF_RECEIPTS
    told_elsewhere |= TOLD_OF_RETENTION | TOLD_OF_ATTEMPTS | {"RecallOverdue"}
    assert {one.logged.type for one in events} == words - told_elsewhere
    if is_writing():
        keep("every-word-of-intake", events, {"needs": [], "referrals": {}})


async def test_what_is_asked_back_is_told(
    fresh: FreshDatabase, everything: asyncpg.Connection, tmp_path: Path
) -> None:
    async with open_intake(fresh, tmp_path) as intake:
        recalls = Recalls(intake, everything, tmp_path)
        person = await recalls.person_who_allows(agency_id(1), agency_id(2))
        await recalls.given(person, agency_id(1), agency_id(2))
        await intake.consent(person, grant(agency_id(2), bits("NAME"), effect=GrantEffect.DENY))
        await intake.withdraw(person, agency_id(1))
        await recalls.time_passes(4 * DAY)
        assert await recalls.tell_overdue() == 2
        for recall in await recalls.open():
            await acknowledged(intake, recall)
    events = [one for one in await waiting(everything, "intake") if one.logged.type in TOLD_OF_RECALLS]
    assert sorted(one.logged.type for one in events) == sorted(2 * list(TOLD_OF_RECALLS))
    if is_writing():
        keep("what-is-asked-back", events, {"needs": [], "referrals": {}})


async def test_what_was_told_by_telephone_is_told(
    fresh: FreshDatabase, everything: asyncpg.Connection, tmp_path: Path
) -> None:
    async with open_intake(fresh, tmp_path) as intake:
        telephone = Telephone(intake, PostgresEmergencies())
        need = await telephone.need(bits("NAME"))
        await telephone.hand_over(need, "NAME", answer=HandoverAnswer.NOT_TAKEN)
        kept = await telephone.hand_over(need, "HEALTH", legal_basis=LegalBasis.VITAL_INTEREST)
        await telephone.review(kept.disclosure_id, worker_of(KEM, "dpo"))
    events = [one for one in await waiting(everything, "intake") if one.logged.type in TOLD_IN_EMERGENCIES]
    assert len(events) == 3
    if is_writing():
        keep("told-by-telephone", events, {"needs": [], "referrals": {}})


async def test_that_somebody_was_tried_is_told(
    fresh: FreshDatabase, everything: asyncpg.Connection, tmp_path: Path
) -> None:
    partner = agency_id(1)
    async with open_intake(fresh, tmp_path) as intake:
        desk, person = DeskWork(intake), await intake.person()
        await intake.agree(agreement_with(partner))
        await intake.consent(person, grant(partner))
        need = await intake.need(person)
        await intake.accepted(need, partner)
        await desk.attempt(need.referral_id, is_about_referral=True, holder=member_of(partner))
        await desk.attempt(need.referral_id, is_about_referral=True, result=ContactResult.REACHED)
        await desk.attempt(person)
    events = [one for one in await waiting(everything, "intake") if one.logged.type in TOLD_OF_ATTEMPTS]
    assert len(events) == 3
    if is_writing():
        keep("somebody-tried", events, {"needs": [], "referrals": {}})


async def test_what_officers_set_is_told(fresh: FreshDatabase, everything: asyncpg.Connection) -> None:
    officer = caller(Role.DPO, agency=UUID(int=0xA0000))
    async with open_directory(fresh) as directory:
        for service_type, categories in (
            ("GREEK_A1", ["NAME", "SAFE_CONTACT", "BIRTH_AND_SEX"]),
            ("GBV_SHELTER", ["NAME"]),
            ("GREEK_A1", ["NAME"]),
        ):
            async with directory.app.transaction(officer) as tx:
                await set_needed_categories(service_type, categories, tx, directory.stores)
    events = [
        one for one in await waiting(everything, "referral") if one.logged.type == "NeededCategoriesSet"
    ]
    assert len(events) == 3
    if is_writing():
        keep("what-officers-set", events, {"needs": [], "referrals": {}})
