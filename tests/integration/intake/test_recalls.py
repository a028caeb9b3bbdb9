"""What agencies were given is asked back once the consent behind it has ended, over a real PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.caller import Caller
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import Invalid, KemError, NotFound, NotPermitted, RuleBroken
from kernel.ids import BeneficiaryId
from kernel.vocabulary import LegalBasis, Routing
from services.intake.adapters.postgres_consent_moments import PostgresConsentMoments
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.consent import ConsentEnding
from services.intake.domain.need import RecordedNeed
from services.intake.domain.recall import Acknowledgement, Recall, RecallCause
from services.intake.use_cases.acknowledge_recall import AcknowledgeRecall, acknowledge_recall
from services.intake.use_cases.end_consent import EndConsent, end_consent
from services.intake.use_cases.erase_beneficiary import erase_beneficiary, replay_tombstones
from services.intake.use_cases.list_recalls import RecallFilter, RecallsPage, RecallView, list_recalls
from services.intake.use_cases.tell_consent_moments import tell_consent_moments
from tests.support.consented_people import (
    METHOD,
    OpenIntake,
    agreement_with,
    bits,
    grant,
    member_of,
    named,
    open_intake,
)
from tests.support.emergency_access import Emergency
from tests.support.postgres import MakeDatabase
from tests.support.telephone import A, Telephone
from tests.support.vault import worker_of

B = UUID("00000000-0000-4000-8000-0000000000bb")
HOLDER, OFFICER = member_of(A), worker_of(None, "dpo")
EVERYTHING_GIVEN = ("NAME", "LANGUAGES", "SAFE_CONTACT")
WORDS = "The tax office asks for our books of this year."
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Recalls:
    """Short ways to the use cases; `superuser` lets time pass."""

    intake: OpenIntake
    superuser: asyncpg.Connection
    keys_folder: Path

    async def given(self, person: BeneficiaryId, *agencies: UUID) -> RecordedNeed:
        """A need of this person that each of the agencies held in turn, and was given what it might see."""
        need = await self.intake.need(person, routing=Routing.ASK_FIRST)
        for version, agency_id in enumerate(agencies, start=1):
            await self.intake.accepted(need, agency_id, version=version)
            await self.intake.disclose(need, member_of(agency_id))
        return need

    async def person_who_allows(self, *agencies: UUID, **consent: Any) -> BeneficiaryId:
        person = await self.intake.person()
        await self.intake.agree(*(agreement_with(agency_id) for agency_id in agencies))
        await self.intake.consent(
            person, *(grant(one, bits(*EVERYTHING_GIVEN)) for one in agencies), **consent
        )
        return person

    async def erase(self, person: BeneficiaryId) -> None:
        parts, tombstones = self.intake.parts, Tombstones(self.keys_folder)
        async with self.intake.database.transaction(self.intake.desk) as tx:
            await erase_beneficiary(person, tx, parts.people, tombstones, parts.recalls)

    async def tell(self) -> int:
        """What the timer does."""
        async with self.intake.worker.transaction(Caller.of_service("intake")) as tx:
            return await tell_consent_moments(tx, PostgresConsentMoments(), self.intake.parts.recalls)

    async def time_passes(self, time: timedelta) -> None:
        """Everything that is on record happened so much earlier."""
        for table, *columns in (
            ("consent", "valid_from_time", "valid_until_time"),
            ("consent_event", "happened_time", "recorded_time"),
            ("grant_cell", "valid_from_time", "valid_until_time", "withdrawn_time"),
            ("consent_moment", "due_time"),
            ("disclosure", "disclosed_time"),
            ("recall", "opened_time", "due_time"),
            ("recalled_disclosure", "disclosed_time"),
        ):
            earlier = ", ".join(f"{column} = {column} - $1::interval" for column in columns)
            await self.superuser.execute(f"update intake.{table} set {earlier}", time)

    async def listed(
        self,
        by: Caller,
        view: RecallView = RecallView.SENT,
        only: RecallFilter = RecallFilter.OPEN,
        size: int = 0,
        after: tuple[datetime, UUID] | None = None,
    ) -> RecallsPage:
        parts = self.intake.parts
        async with self.intake.database.transaction(by) as tx:
            return await list_recalls(view, only, size, after, METHOD, tx, parts.recalls, parts.vault)

    async def open(self) -> list[Recall]:
        """As an officer sees them."""
        return [recall for recall, _ in (await self.listed(OFFICER)).recalls]

    async def answer(
        self,
        recall: Recall,
        *,
        kept: tuple[str, ...] = (),
        destroyed: tuple[str, ...] | None = None,
        ground: str | None = None,
        words: str = "",
        by: Caller = HOLDER,
    ) -> datetime:
        """Destroyed is whatever is not kept, unless said otherwise."""
        mask = recall.recalled_mask & ~bits(*kept) if destroyed is None else bits(*destroyed)
        ground = ("LEGAL_OBLIGATION" if kept else "") if ground is None else ground
        command = AcknowledgeRecall(
            uuid4(), recall.recall_id, Acknowledgement(mask, bits(*kept), ground), words
        )
        parts = self.intake.parts
        async with self.intake.database.transaction(by) as tx:
            return await acknowledge_recall(command, tx, parts.recalls, parts.vault)


@pytest.fixture
async def recalls(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[Recalls]:
    database = fresh_database(schemas=("intake",))
    superuser = await asyncpg.connect(database.superuser_url)
    try:
        async with open_intake(database, tmp_path) as intake:
            yield Recalls(intake, superuser, tmp_path)
    finally:
        await superuser.close()


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


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"destroyed": ("NAME", "LANGUAGES")}, "RECALL_NOT_COVERED"),
        ({"destroyed": (*EVERYTHING_GIVEN, "HEALTH")}, "RECALL_NOT_COVERED"),
        ({"destroyed": EVERYTHING_GIVEN, "kept": ("NAME",)}, "RECALL_NOT_COVERED"),
        ({"kept": ("NAME",), "ground": ""}, "KEPT_GROUND_MISSING"),
        ({"kept": ("NAME",), "ground": "BECAUSE"}, "UNKNOWN_CODE"),
        ({"ground": "LEGAL_CLAIM"}, "NOTHING_KEPT"),
    ],
)
async def test_an_answer_covers_what_was_given_and_keeping_needs_a_ground(
    recalls: Recalls, answer: dict[str, Any], reason: str
) -> None:
    person = await recalls.person_who_allows(A)
    await recalls.given(person, A)
    await recalls.intake.withdraw(person)
    [recall] = await recalls.open()
    with pytest.raises(Invalid) as refusal:
        await recalls.answer(recall, **answer)
    assert refusal.value.stable_reason == reason
    assert len(await recalls.open()) == 1


async def test_the_holder_answers_once_and_the_sender_reads_why_something_is_kept(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    await recalls.given(person, A)
    await recalls.intake.withdraw(person)
    [recall] = await recalls.open()
    answered_time = await recalls.answer(recall, kept=("NAME",), words=WORDS)
    assert await recalls.open() == []
    with pytest.raises(RuleBroken) as refusal:
        await recalls.answer(recall)
    assert refusal.value.stable_reason == "ALREADY_ACKNOWLEDGED"
    for reader in (recalls.intake.desk, OFFICER):
        [(answered, words)] = (await recalls.listed(reader, only=RecallFilter.ALL)).recalls
        assert (answered.acknowledged_time, words) == (answered_time, WORDS)
        assert answered.acknowledgement == Acknowledgement(
            bits("LANGUAGES", "SAFE_CONTACT"), bits("NAME"), "LEGAL_OBLIGATION"
        )
    [(_, words)] = (await recalls.listed(HOLDER, RecallView.HELD, RecallFilter.ALL)).recalls
    assert words == ""
    [row] = await recalls.intake.rows("select * from recall")
    assert WORDS.encode() not in row["sealed_words"]
    assert row["acknowledged_by_principal_id"] == HOLDER.principal_id
    [told] = await recalls.intake.told("RecallAcknowledged")
    fact = DisclosureEvent.FromString(told["payload"]).recall_acknowledged
    assert (fact.kept_mask, fact.kept_ground) == (bits("NAME"), "LEGAL_OBLIGATION")
    assert told["aggregate_version"] == 2


async def test_nobody_but_the_holder_answers_and_nobody_else_learns_of_it(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    await recalls.given(person, A)
    await recalls.intake.withdraw(person)
    [recall] = await recalls.open()
    stranger = member_of(uuid4())
    refused: list[tuple[Caller, type[KemError]]] = [
        (stranger, NotFound),
        (recalls.intake.desk, NotFound),
        (OFFICER, NotPermitted),
    ]
    for caller, kind in refused:
        with pytest.raises(kind):
            await recalls.answer(recall, by=caller)
    for view in RecallView:
        assert (await recalls.listed(stranger, view)).recalls == []
    for view, by in ((RecallView.SENT, worker_of(None, "supervisor")), (RecallView.HELD, OFFICER)):
        with pytest.raises(NotPermitted) as refusal:
            await recalls.listed(by, view)
        assert refusal.value.stable_reason == "NO_AGENCY"
    assert (await recalls.listed(HOLDER)).recalls == []
    assert (await recalls.listed(recalls.intake.desk, RecallView.HELD)).recalls == []


async def test_of_somebody_erased_the_answer_stands_without_its_words(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    await recalls.given(person, A)
    await recalls.erase(person)
    [recall] = await recalls.open()
    await recalls.answer(recall, kept=("NAME",), words=WORDS)
    [(answered, words)] = (await recalls.listed(recalls.intake.desk, only=RecallFilter.ALL)).recalls
    assert (words, answered.sealed_words, answered.acknowledgement is not None) == ("", None, True)


async def test_of_a_restricted_service_the_topic_says_no_category(recalls: Recalls) -> None:
    person = await recalls.intake.person()
    await recalls.intake.agree(agreement_with(A))
    await recalls.intake.consent(person, grant(A, bits("NAME"), purpose="SERVICE_PROTECTION"))
    need = await recalls.intake.need(person, service_type="GBV_COUNSELLING", routing=Routing.ASK_FIRST)
    await recalls.intake.accepted(need, A)
    await recalls.intake.disclose(need, HOLDER)
    await recalls.intake.withdraw(person)
    [recall] = await recalls.open()
    await recalls.answer(recall, kept=("NAME",))
    opened, answered = (
        DisclosureEvent.FromString(row["payload"])
        for row in await recalls.intake.told("RecallOpened", "RecallAcknowledged")
    )
    assert opened.recall_opened.recalled_mask == 0
    said = answered.recall_acknowledged
    assert (said.destroyed_mask, said.kept_mask, said.kept_ground) == (0, 0, "")


async def test_recalls_are_listed_by_their_due_time_and_those_overdue_alone(recalls: Recalls) -> None:
    early, late = await recalls.person_who_allows(A), await recalls.person_who_allows(A)
    for person in (early, late):
        await recalls.given(person, A)
    await recalls.intake.withdraw(early)
    assert (await recalls.listed(HOLDER, RecallView.HELD, RecallFilter.OVERDUE)).recalls == []
    await recalls.time_passes(4 * DAY)
    await recalls.intake.withdraw(late)
    [first, second] = await recalls.open()
    assert (first.beneficiary_id, second.beneficiary_id) == (early, late)
    overdue = await recalls.listed(HOLDER, RecallView.HELD, RecallFilter.OVERDUE)
    assert [recall.recall_id for recall, _ in overdue.recalls] == [first.recall_id]
    assert first.is_overdue(overdue.now)
    assert not second.is_overdue(overdue.now)
    page = await recalls.listed(HOLDER, RecallView.HELD, size=1)
    rest = await recalls.listed(HOLDER, RecallView.HELD, size=1, after=page.next_after)
    assert [page.recalls[0][0].recall_id, rest.recalls[0][0].recall_id] == [first.recall_id, second.recall_id]
    assert rest.next_after is None
    await recalls.answer(first)
    assert (await recalls.listed(OFFICER, only=RecallFilter.OVERDUE)).recalls == []
    assert len((await recalls.listed(OFFICER, only=RecallFilter.ALL)).recalls) == 2


async def test_the_database_itself_takes_no_answer_that_leaves_something_open(recalls: Recalls) -> None:
    person, parts = await recalls.person_who_allows(A), recalls.intake.parts
    await recalls.given(person, A)
    await recalls.intake.withdraw(person)
    [recall] = await recalls.open()
    for answer in (
        Acknowledgement(bits("NAME"), 0, ""),
        Acknowledgement(bits("NAME"), recall.recalled_mask, "LEGAL_CLAIM"),
        Acknowledgement(0, recall.recalled_mask, ""),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            async with recalls.intake.database.transaction(HOLDER) as tx:
                await parts.recalls.answer(tx, recall.recall_id, answer, None, await tx.now())
