"""Complaints over a real PostgreSQL: on record, answered, and never seen by whom they are about."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import Invalid, NotFound, NotPermitted, RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.adapters.measures import complaints_overdue, look_at_complaints
from services.intake.adapters.postgres_rights_requests import RequestsView
from services.intake.adapters.sealing import RecordAltered
from services.intake.adapters.tombstones import Tombstones
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from services.intake.use_cases.list_complaints import ComplaintsPage
from tests.support.complaints import FOUND, WORDS, Complaints
from tests.support.consented_people import OpenIntake, member_of
from tests.support.telephone import A
from tests.support.vault import DPO, KEM, worker_of

LONG_AGO = datetime.now(UTC) - timedelta(days=40)


@pytest.fixture
def complaints(intake: OpenIntake) -> Complaints:
    return Complaints(intake)


def ids(page: ComplaintsPage) -> list[UUID]:
    return [one.complaint_id for one, *_ in page.complaints]


async def test_a_complaint_stands_on_record_with_its_words_sealed_also_without_a_person(
    complaints: Complaints,
) -> None:
    person = await complaints.intake.person()
    for who in (person, None):
        await complaints.register(person=who)
    for row in await complaints.intake.rows("select * from complaint"):
        assert WORDS.encode() not in row["sealed_words"]
        assert (row["accused_agency_id"], row["registered_by_agency_id"]) == (A, KEM)
        assert timedelta(days=28) < row["due_time"] - row["received_time"] <= timedelta(days=32)
    page = await complaints.listed()
    assert [words for _, words, _ in page.complaints] == [WORDS, WORDS]
    assert {one.beneficiary_id for one, *_ in page.complaints} == {person, None}
    assert len(await complaints.intake.told("AccessRecorded")) == 1


async def test_the_agency_that_it_is_about_never_sees_it_whoever_registered_it(
    complaints: Complaints,
) -> None:
    by_others = await complaints.register(accused=A)
    by_itself = await complaints.register(accused=A, by=member_of(A))
    for role in ("agency_admin", "supervisor", "dpo", "safeguarding_officer"):
        accused = worker_of(A, role)
        assert ids(await complaints.listed(RequestsView.ALL, by=accused)) == []
        answers = []
        for wanted in (by_others.complaint_id, by_itself.complaint_id, uuid4()):
            with pytest.raises(NotFound) as refusal:
                await complaints.answer(wanted, by=accused)
            answers.append(str(refusal.value))
        assert len(set(answers)) == 1
        async with complaints.intake.database.transaction(accused) as tx:
            assert await tx.connection.fetchval("select count(*) from complaint") == 0
    assert set(ids(await complaints.listed())) == {by_others.complaint_id, by_itself.complaint_id}


async def test_one_is_read_by_whom_the_list_shows_it_to_and_by_nobody_else(complaints: Complaints) -> None:
    kept = await complaints.register(person=await complaints.intake.person())
    for by in (DPO, worker_of(None, "safeguarding_officer"), worker_of(KEM, "supervisor")):
        one, said, found = await complaints.get(kept.complaint_id, by=by)
        assert (one, said, found) == (kept, WORDS, "")
    await complaints.answer(kept.complaint_id)
    one, said, found = await complaints.get(kept.complaint_id)
    assert one.answer is not None
    assert (said, found) == (WORDS, FOUND)
    assert len(await complaints.intake.told("AccessRecorded")) == 4, "each read is on record"
    for stranger in (worker_of(A, "supervisor"), worker_of(A, "dpo"), worker_of(uuid4(), "supervisor")):
        answers = []
        for wanted in (kept.complaint_id, uuid4()):
            with pytest.raises(NotFound) as refusal:
                await complaints.get(wanted, by=stranger)
            answers.append((refusal.value.stable_reason, str(refusal.value)))
        assert answers[0] == answers[1]
    with pytest.raises(NotPermitted):
        await complaints.get(kept.complaint_id, by=worker_of(None, "supervisor"))


async def test_the_desk_that_registered_it_sees_what_became_of_it_and_others_do_not(
    complaints: Complaints,
) -> None:
    kept = await complaints.register()
    await complaints.register(accused=KEM)  # about itself
    await complaints.answer(kept.complaint_id, told=False)
    [(one, words, answer)] = (
        await complaints.listed(RequestsView.ALL, by=worker_of(KEM, "supervisor"))
    ).complaints
    assert (one.complaint_id, words, answer) == (kept.complaint_id, WORDS, FOUND)
    assert ids(await complaints.listed(RequestsView.ALL, by=worker_of(uuid4(), "supervisor"))) == []
    with pytest.raises(NotFound):
        await complaints.answer(kept.complaint_id, by=worker_of(KEM, "dpo"))
    with pytest.raises(NotPermitted):
        await complaints.listed(by=worker_of(None, "supervisor"))


async def test_an_officer_of_the_hub_registers_what_reaches_them_directly(complaints: Complaints) -> None:
    kept = await complaints.register(accused=KEM, by=worker_of(None, "safeguarding_officer"))
    [row] = await complaints.intake.rows("select * from complaint")
    assert (row["complaint_id"], row["registered_by_agency_id"]) == (kept.complaint_id, None)
    assert ids(await complaints.listed(RequestsView.ALL, by=worker_of(KEM, "supervisor"))) == []


async def test_what_is_told_names_neither_who_complains_nor_about_whom(complaints: Complaints) -> None:
    person = await complaints.intake.person()
    kept = await complaints.register(person=person, by=complaints.intake.desk)
    await complaints.answer(kept.complaint_id)
    events = await complaints.intake.told("ComplaintRegistered", "ComplaintAnswered")
    assert [one["aggregate_version"] for one in events] == [1, 2]
    fact = DisclosureEvent.FromString(events[0]["payload"]).complaint_registered
    assert (fact.complaint_id, fact.due_time.ToDatetime(UTC)) == (str(kept.complaint_id), kept.due_time)
    for one in events:
        for tells in (str(person), str(A), "ABUSE", "UPHELD"):
            assert tells.encode() not in one["payload"]


async def test_a_complaint_is_answered_once_and_a_person_on_record_is_told_first(
    complaints: Complaints,
) -> None:
    kept = await complaints.register(person=await complaints.intake.person())
    with pytest.raises(Invalid) as refusal:
        await complaints.answer(kept.complaint_id, told=False)
    assert refusal.value.stable_reason == "PERSON_NOT_TOLD"
    await complaints.answer(kept.complaint_id)
    with pytest.raises(RuleBroken) as again:
        await complaints.answer(kept.complaint_id)
    assert again.value.stable_reason == "ALREADY_ANSWERED"
    assert ids(await complaints.listed()) == []
    [(_, _, found)] = (await complaints.listed(RequestsView.ALL)).complaints
    assert found == FOUND


async def test_complaints_come_by_page_the_earliest_due_first_and_overdue_ones_are_counted(
    complaints: Complaints, monkeypatch: pytest.MonkeyPatch
) -> None:
    young = (await complaints.register()).complaint_id
    late = (await complaints.register(received_time=LONG_AGO)).complaint_id
    first = await complaints.listed(size=1)
    rest = await complaints.listed(size=1, after=first.next_after)
    assert ([*ids(first), *ids(rest)], rest.next_after) == ([late, young], None)
    assert ids(await complaints.listed(RequestsView.OVERDUE)) == [late]
    assert [one.is_overdue(first.now) for one, *_ in (*first.complaints, *rest.complaints)] == [True, False]
    counted: list[Any] = []
    monkeypatch.setattr(type(complaints_overdue), "set", lambda _, amount: counted.append(amount))
    async with complaints.intake.worker.pool.acquire() as connection:
        await look_at_complaints(connection)
    assert counted == [2, 1]


async def test_only_people_of_the_own_agency_are_named_in_a_complaint(complaints: Complaints) -> None:
    person = await complaints.intake.person()
    for who in (person, BeneficiaryId(uuid4())):
        with pytest.raises(NotFound):
            await complaints.register(person=who, by=member_of(uuid4()))


async def test_the_words_of_somebody_erased_are_gone_and_their_complaint_stays(
    complaints: Complaints, tmp_path: Path
) -> None:
    intake = complaints.intake
    person = await intake.person()
    kept = await complaints.register(person=person)
    async with intake.database.transaction(intake.desk) as tx:
        parts = intake.parts
        await erase_beneficiary(person, tx, parts.people, Tombstones(tmp_path), parts.recalls)
    await complaints.answer(kept.complaint_id)
    [(one, words, found)] = (await complaints.listed(RequestsView.ALL)).complaints
    assert (one.complaint_id, words, found) == (kept.complaint_id, "", "")


async def test_words_without_a_person_open_only_where_they_were_sealed(complaints: Complaints) -> None:
    first, second = (await complaints.register()).complaint_id, (await complaints.register()).complaint_id
    [sealed] = [
        row["sealed_words"]
        for row in await complaints.intake.rows("select * from complaint where complaint_id = $1", first)
    ]
    vault = complaints.intake.parts.vault
    async with complaints.intake.database.transaction(DPO) as tx:
        assert await vault.open_words(tx, [(None, first, sealed)]) == [WORDS]
        for subject, altered in ((second, sealed), (first, sealed[:-1] + b"\0"), (first, b"")):
            with pytest.raises(RecordAltered):
                await vault.open_words(tx, [(None, subject, altered)])
