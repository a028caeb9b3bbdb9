"""What agencies were given is asked back once the consent behind it has ended, over a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.vocabulary import LegalBasis
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.cells import GrantEffect
from services.intake.domain.consent import ConsentEnding
from services.intake.domain.recall import RecallCause
from services.intake.use_cases.end_consent import EndConsent, end_consent
from services.intake.use_cases.erase_beneficiary import replay_tombstones
from services.intake.use_cases.list_recalls import RecallView
from tests.support.consented_people import bits, grant, member_of, named
from tests.support.emergency_access import Emergency
from tests.support.recalls import DAY, EVERYTHING_GIVEN, HOLDER, B, Recalls
from tests.support.telephone import A, Telephone


async def test_a_withdrawal_for_one_agency_asks_back_what_that_one_was_given(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A, B)
    need = await recalls.given(person, B, A)
    withdrawal = await recalls.intake.withdraw(person, A)
    [recall] = await recalls.open()
    assert (recall.agency_id, recall.referral_id, recall.cause) == (
        A,
        need.referral_id,
        RecallCause.WITHDRAWN,
    )
    assert named(recall.recalled_mask) == set(EVERYTHING_GIVEN)
    assert recall.opened_time >= withdrawal.withdrawn_time
    assert recall.due_time - recall.opened_time == timedelta(hours=72)
    [given] = await recalls.intake.rows("select * from disclosure where agency_id = $1", A)
    assert [one.disclosure_id for one in recall.disclosures] == [given["disclosure_id"]]
    assert withdrawal.in_between == []
    [told] = await recalls.intake.told("RecallOpened")
    fact = DisclosureEvent.FromString(told["payload"]).recall_opened
    assert (fact.recall_id, fact.referral_id) == (str(recall.recall_id), str(need.referral_id))
    assert (fact.agency_id, fact.cause, fact.recalled_mask) == (str(A), "WITHDRAWN", recall.recalled_mask)
    assert fact.sender_agency_id == str(recalls.intake.desk.agency_id)
    await recalls.intake.withdraw(person, A)
    assert len(await recalls.open()) == 1


async def test_a_whole_withdrawal_asks_each_agency_for_each_referral_and_names_the_person_to_none(
    recalls: Recalls,
) -> None:
    person = await recalls.person_who_allows(A, B)
    both, only_a = await recalls.given(person, A, B), await recalls.given(person, A)
    somebody_else = await recalls.person_who_allows(A)
    await recalls.given(somebody_else, A)
    assert len((await recalls.intake.withdraw(person)).recalls) == 3
    asked = {(one.agency_id, one.referral_id) for one in await recalls.open()}
    assert asked == {(A, both.referral_id), (B, both.referral_id), (A, only_a.referral_id)}
    held = (await recalls.listed(HOLDER, RecallView.HELD)).recalls
    assert {recall.referral_id for recall, _ in held} == {both.referral_id, only_a.referral_id}


async def test_where_nothing_was_given_or_consent_was_not_the_basis_nothing_is_asked_back(
    recalls: Recalls,
) -> None:
    person, telephone = await recalls.person_who_allows(A), Telephone(recalls.intake, PostgresEmergencies())
    need = await recalls.intake.need(person)
    await telephone.hand_over(need, "HEALTH", legal_basis=LegalBasis.VITAL_INTEREST)
    assert (await recalls.intake.withdraw(person)).recalls == []
    await recalls.erase(person)
    [recall] = await recalls.open()
    assert (recall.cause, named(recall.recalled_mask)) == (RecallCause.ERASED, {"HEALTH"})


async def test_a_withdrawal_that_reaches_us_late_lists_what_was_given_in_between(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    await recalls.given(person, A)
    await recalls.time_passes(2 * DAY)
    need = await recalls.given(person, A)
    withdrawal = await recalls.intake.withdraw(person, happened_time=datetime.now(UTC) - DAY)
    [late] = await recalls.intake.rows("select * from disclosure where referral_id = $1", need.referral_id)
    assert withdrawal.in_between == [late["disclosure_id"]]
    flags = {
        one.referral_id: [line.is_in_between for line in one.disclosures] for one in await recalls.open()
    }
    assert sorted(flags.values()) == [[False], [True]]
    assert flags[need.referral_id] == [True]


async def test_consent_that_ends_by_time_alone_asks_back_by_itself(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A, valid_until_time=datetime.now(UTC) + DAY)
    await recalls.given(person, A)
    assert (await recalls.tell(), await recalls.open()) == (0, [])
    await recalls.time_passes(2 * DAY)
    assert await recalls.tell() == 1
    [recall] = await recalls.open()
    assert (recall.cause, recall.consent_event_id) == (RecallCause.EXPIRED, None)
    assert named(recall.recalled_mask) == set(EVERYTHING_GIVEN)
    assert len(await recalls.intake.told("RecallOpened")) == 1


async def test_what_was_given_under_a_consent_that_the_hub_ends_is_asked_back(recalls: Recalls) -> None:
    person, parts = await recalls.person_who_allows(A), recalls.intake.parts
    await recalls.given(person, A)
    [row] = await recalls.intake.rows("select consent_id from consent")
    command = EndConsent(uuid4(), person, row["consent_id"], ConsentEnding.INVALIDATED)
    async with recalls.intake.database.transaction(recalls.intake.desk) as tx:
        await end_consent(command, tx, parts.people, parts.consents, parts.recalls)
    [recall] = await recalls.open()
    assert (recall.cause, recall.consent_event_id is not None) == (RecallCause.ENDED, True)
    assert [one.is_in_between for one in recall.disclosures] == [False]


async def test_what_another_consent_still_covers_is_asked_back_when_that_one_ends(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A, valid_until_time=datetime.now(UTC) + DAY)
    await recalls.given(person, A)
    await recalls.intake.consent(person, grant(A, bits("NAME")))
    await recalls.time_passes(2 * DAY)
    await recalls.tell()
    [first] = await recalls.open()
    assert named(first.recalled_mask) == {"LANGUAGES", "SAFE_CONTACT"}
    await recalls.intake.withdraw(person)
    second = [one for one in await recalls.open() if one.recall_id != first.recall_id]
    assert [named(one.recalled_mask) for one in second] == [{"NAME"}]
    assert await recalls.tell() == 0


async def test_what_is_given_again_later_is_asked_back_again(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    need = await recalls.given(person, A)
    await recalls.intake.withdraw(person)
    [first] = await recalls.open()
    await recalls.answer(first)
    await recalls.intake.consent(person, grant(A, bits("NAME")))
    await recalls.intake.disclose(need, member_of(A))
    assert await recalls.open() == []
    await recalls.intake.withdraw(person)
    [second] = await recalls.open()
    assert (named(second.recalled_mask), len(second.disclosures)) == ({"NAME"}, 1)


async def test_a_hand_over_that_is_entered_after_the_withdrawal_is_asked_back_at_once(
    recalls: Recalls,
) -> None:
    person, telephone = await recalls.person_who_allows(A), Telephone(recalls.intake, PostgresEmergencies())
    need = await recalls.intake.need(person)
    called = datetime.now(UTC)
    await recalls.intake.withdraw(person)
    assert await recalls.open() == []
    await telephone.hand_over(need, "NAME", happened_time=called)
    [recall] = await recalls.open()
    assert (recall.cause, named(recall.recalled_mask)) == (RecallCause.WITHDRAWN, {"NAME"})
    assert [one.is_in_between for one in recall.disclosures] == [False]


async def test_erasure_asks_back_everything_that_is_not_destroyed(recalls: Recalls) -> None:
    emergency = Emergency(recalls.intake)
    need = await emergency.held("NAME")
    await recalls.intake.disclose(need, HOLDER)
    access = await emergency.ask(need.referral_id, "HEALTH", "CASE_CODE")
    await emergency.decide(access)
    await emergency.see(access)
    [row] = await recalls.intake.rows("select beneficiary_id from need")
    person = row["beneficiary_id"]
    await recalls.intake.withdraw(person)
    [first] = await recalls.open()
    assert named(first.recalled_mask) == {"NAME"}  # an emergency does not rest on consent
    await recalls.answer(first, kept=("NAME",))
    await recalls.erase(person)
    [second] = await recalls.open()
    assert second.cause is RecallCause.ERASED
    assert named(second.recalled_mask) == {"NAME", "HEALTH", "CASE_CODE"}


async def test_an_erasure_that_is_followed_after_a_restore_asks_back_once(recalls: Recalls) -> None:
    person, parts = await recalls.person_who_allows(A), recalls.intake.parts
    await recalls.given(person, A)
    tombstones = Tombstones(recalls.keys_folder)
    await recalls.erase(person)
    for _ in range(2):
        await replay_tombstones(tombstones, recalls.intake.worker, parts.people, parts.recalls)
    assert len(await recalls.open()) == 1
    async with recalls.superuser.transaction():  # the database of before the erasure
        await recalls.superuser.execute("delete from intake.recalled_disclosure; delete from intake.recall")
        await recalls.superuser.execute("update intake.beneficiary set erased_time = null")
    assert await replay_tombstones(tombstones, recalls.intake.worker, parts.people, parts.recalls) == 1
    [recall] = await recalls.open()
    assert recall.cause is RecallCause.ERASED


async def test_a_denial_asks_back_what_was_given_before_under_the_categories_that_it_denies(
    recalls: Recalls,
) -> None:
    person = await recalls.person_who_allows(A, B)
    need = await recalls.given(person, A, B)
    await recalls.intake.consent(person, grant(A, bits("NAME", "HEALTH"), effect=GrantEffect.DENY))
    [recall] = await recalls.open()
    assert (recall.agency_id, recall.referral_id, recall.cause) == (A, need.referral_id, RecallCause.EXCLUDED)
    assert named(recall.recalled_mask) == {"NAME"}
    [said] = await recalls.intake.rows(
        "select consent_event_id from consent_event order by sequence desc limit 1"
    )
    assert recall.consent_event_id == said["consent_event_id"]
    assert [one.is_in_between for one in recall.disclosures] == [False]
    await recalls.intake.withdraw(person)
    withdrawn = {one.agency_id: named(one.recalled_mask) for one in await recalls.open()
                 if one.cause is RecallCause.WITHDRAWN}  # fmt: skip
    assert withdrawn == {A: {"LANGUAGES", "SAFE_CONTACT"}, B: set(EVERYTHING_GIVEN)}


async def test_a_denial_that_begins_later_asks_back_when_it_begins(recalls: Recalls) -> None:
    person, begins = await recalls.person_who_allows(A), datetime.now(UTC) + DAY
    await recalls.intake.consent(
        person,
        grant(A, bits("NAME"), effect=GrantEffect.DENY),
        valid_from_time=begins,
        valid_until_time=begins + 30 * DAY,
    )
    await recalls.given(person, A)
    assert (await recalls.tell(), await recalls.open()) == (0, [])
    await recalls.time_passes(2 * DAY)
    assert await recalls.tell() == 1
    [recall] = await recalls.open()
    assert (recall.cause, named(recall.recalled_mask)) == (RecallCause.EXCLUDED, {"NAME"})
    assert [one.is_in_between for one in recall.disclosures] == [False]


async def test_a_denial_that_reaches_us_late_lists_what_was_given_in_between(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    await recalls.time_passes(2 * DAY)
    await recalls.given(person, A)
    earlier = datetime.now(UTC) - DAY
    await recalls.intake.consent(
        person,
        grant(A, bits("NAME"), effect=GrantEffect.DENY),
        valid_from_time=earlier,
        happened_time=earlier,
    )
    [recall] = await recalls.open()
    assert [one.is_in_between for one in recall.disclosures] == [True]


async def test_that_nobody_answered_in_time_is_told_once_and_an_answer_still_counts(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    need = await recalls.given(person, A)
    await recalls.intake.withdraw(person)
    assert await recalls.tell_overdue() == 0
    await recalls.time_passes(4 * DAY)
    assert [await recalls.tell_overdue(), await recalls.tell_overdue()] == [1, 0]
    [told] = await recalls.intake.told("RecallOverdue")
    fact = DisclosureEvent.FromString(told["payload"]).recall_overdue
    assert (fact.referral_id, fact.agency_id) == (str(need.referral_id), str(A))
    assert fact.sender_agency_id == str(recalls.intake.desk.agency_id)
    [recall] = await recalls.open()
    await recalls.answer(recall)
    versions = [row["aggregate_version"] for row in await recalls.intake.rows(
        "select aggregate_version from outbox where aggregate_id = $1 order by id", recall.recall_id
    )]  # fmt: skip
    assert versions == [1, 2, 3]
    assert await recalls.tell_overdue() == 0
