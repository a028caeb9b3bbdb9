"""What an agency answers when something is asked back, and who reads it, over a real PostgreSQL."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.caller import Caller
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import Invalid, KemError, NotFound, NotPermitted, RuleBroken
from kernel.vocabulary import Routing
from services.intake.adapters.postgres_recalls import MAX_LINES
from services.intake.domain.recall import Acknowledgement
from services.intake.use_cases.list_recalled_disclosures import list_recalled_disclosures
from services.intake.use_cases.list_recalls import RecallFilter, RecallView
from services.intake.use_cases.page_with_words import Place
from tests.support.consented_people import METHOD, agreement_with, bits, grant, member_of
from tests.support.recalls import DAY, EVERYTHING_GIVEN, HOLDER, OFFICER, WORDS, B, Recalls
from tests.support.telephone import A
from tests.support.vault import KEM, worker_of


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"destroyed": ("NAME", "LANGUAGES")}, "RECALL_NOT_COVERED"),
        ({"destroyed": (*EVERYTHING_GIVEN, "HEALTH")}, "RECALL_NOT_COVERED"),
        ({"destroyed": EVERYTHING_GIVEN, "kept": ("NAME",)}, "RECALL_NOT_COVERED"),
        ({"kept": ("NAME",), "ground": ""}, "KEPT_GROUND_MISSING"),
        ({"kept": ("NAME",), "ground": "BECAUSE"}, "UNKNOWN_CODE"),
        ({"ground": "LEGAL_CLAIM"}, "NOTHING_KEPT"),
        ({"kept": ("NAME",), "ground": "PERMITTED_AGAIN"}, "UNKNOWN_CODE"),
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


async def test_the_database_takes_from_no_holder_that_it_is_permitted_again(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    await recalls.given(person, A)
    await recalls.intake.withdraw(person)
    [recall] = await recalls.open()
    said = Acknowledgement(0, recall.recalled_mask, "PERMITTED_AGAIN")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with recalls.intake.database.transaction(HOLDER) as tx:
            await recalls.intake.parts.recalls.answer(tx, recall.recall_id, said, None, await tx.now())
    assert await recalls.open() == [recall]


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


async def test_who_was_with_a_restricted_service_is_listed_to_those_only_whom_search_shows_them(
    recalls: Recalls,
) -> None:
    person = await recalls.intake.person()
    await recalls.intake.agree(agreement_with(A))
    await recalls.intake.consent(person, grant(A, bits("NAME"), purpose="SERVICE_PROTECTION"))
    need = await recalls.intake.need(person, service_type="GBV_COUNSELLING", routing=Routing.ASK_FIRST)
    await recalls.intake.accepted(need, A)
    await recalls.intake.disclose(need, HOLDER)
    await recalls.intake.withdraw(person)
    for by, shown in (
        (worker_of(KEM, "caseworker"), 0),
        (worker_of(KEM, "supervisor"), 0),
        (worker_of(KEM, "gbv_focal_point"), 1),
        (worker_of(KEM, "child_protection_officer"), 1),
        (OFFICER, 1),
    ):
        assert len((await recalls.listed(by)).recalls) == shown
    assert len((await recalls.listed(HOLDER, RecallView.HELD)).recalls) == 1


async def test_of_what_was_given_very_often_a_list_shows_the_first_and_how_often(recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    need = await recalls.given(person, A)
    for _ in range(MAX_LINES + 4):
        await recalls.intake.disclose(need, HOLDER)
    await recalls.intake.withdraw(person)
    [recall] = await recalls.open()
    assert (len(recall.disclosures), recall.disclosure_count) == (MAX_LINES, MAX_LINES + 5)
    times = [one.disclosed_time for one in recall.disclosures]
    assert times == sorted(times)


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


async def test_all_that_one_recall_is_of_is_read_by_page_by_either_side_and_by_no_other(
    recalls: Recalls,
) -> None:
    person = await recalls.person_who_allows(A)
    need = await recalls.given(person, A)
    for _ in range(4):
        await recalls.intake.disclose(need, HOLDER)
    await recalls.intake.withdraw(person)
    [recall] = await recalls.open()
    everything = {
        row["disclosure_id"] for row in await recalls.intake.rows("select disclosure_id from disclosure")
    }
    for by in (HOLDER, recalls.intake.desk, OFFICER):
        read: list[UUID] = []
        after: Place | None = None
        while True:
            async with recalls.intake.database.transaction(by) as tx:
                page, after = await list_recalled_disclosures(
                    recall.recall_id, 2, after, METHOD, tx, recalls.intake.parts.recalls
                )
            assert 0 < len(page) <= 2
            read += [one.disclosure_id for one in page]
            if after is None:
                break
        assert len(read) == len(set(read)) == 5
        assert set(read) == everything
    with pytest.raises(NotFound):
        async with recalls.intake.database.transaction(member_of(B)) as tx:
            await list_recalled_disclosures(
                recall.recall_id, 2, None, METHOD, tx, recalls.intake.parts.recalls
            )
