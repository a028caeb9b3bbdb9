"""The register of what people ask by right, over a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import Invalid, NotFound, NotPermitted, RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.adapters.measures import look_at_rights_requests, rights_requests_overdue
from services.intake.adapters.postgres_rights_requests import RequestsView
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.response_period import MONTHS_WHEN_EXTENDED, due_time
from services.intake.domain.rights_request import AskedBy, RefusalGround, Right, RightsAnswer
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from tests.support.consented_people import OpenIntake, member_of
from tests.support.rights import TOLD, WORDS, Rights
from tests.support.vault import DPO, KEM, worker_of

SUPERVISOR = worker_of(KEM, "supervisor")
LONG_AGO = datetime.now(UTC) - timedelta(days=40)


@pytest.fixture
def rights(intake: OpenIntake) -> Rights:
    return Rights(intake)


async def test_a_request_stands_in_the_register_with_its_day_and_its_words_sealed(rights: Rights) -> None:
    person = await rights.intake.person()
    kept = await rights.register(person, Right.ERASURE, asked_by=AskedBy.LEGAL_REPRESENTATIVE)
    [row] = await rights.intake.rows("select * from rights_request")
    assert (row["asked_right"], row["asked_by"]) == ("ERASURE", "LEGAL_REPRESENTATIVE")
    assert (row["beneficiary_id"], row["agency_id"]) == (person, KEM)
    assert timedelta(days=28) < row["due_time"] - row["received_time"] <= timedelta(days=32)
    assert WORDS.encode() not in row["sealed_words"]
    [event] = await rights.intake.told("RightsRequestRegistered")
    fact = DisclosureEvent.FromString(event["payload"]).rights_request_registered
    assert fact.rights_request_id == str(kept.rights_request_id)
    assert fact.due_time.ToDatetime(UTC) == kept.due_time
    for tells in (str(person).encode(), b"ERASURE", b"REPRESENTATIVE"):
        assert tells not in event["payload"]


async def test_the_time_to_answer_runs_from_the_day_on_which_it_came(rights: Rights) -> None:
    person = await rights.intake.person()
    kept = await rights.register(person, received_time=LONG_AGO)
    assert kept.is_overdue(kept.registered_time)
    with pytest.raises(Invalid):
        await rights.register(person, received_time=datetime.now(UTC) + timedelta(days=1))


async def test_who_waits_is_listed_with_all_words_the_earliest_due_first(rights: Rights) -> None:
    person = await rights.intake.person()
    young = (await rights.register(person)).rights_request_id
    late = (await rights.register(person, received_time=LONG_AGO)).rights_request_id
    done = (await rights.register(person)).rights_request_id
    await rights.extend(done)
    await rights.answer(done, RightsAnswer.REFUSED, RefusalGround.EXCESSIVE)
    for reader in (DPO, SUPERVISOR):
        first = await rights.listed(by=reader, size=1)
        rest = await rights.listed(by=reader, size=1, after=first.next_after)
        seen = [one.request.rights_request_id for one in (*first.requests, *rest.requests)]
        assert (seen, rest.next_after) == ([late, young], None)
        overdue = await rights.listed(RequestsView.OVERDUE, by=reader)
        assert [one.request.rights_request_id for one in overdue.requests] == [late]
    everything = (await rights.listed(RequestsView.ALL)).requests
    assert {one.words for one in everything} == {WORDS}
    [ended] = [one for one in everything if one.request.answer]
    assert (ended.extension_words, ended.answer_words) == ("It is in many files.", TOLD)
    assert len(await rights.intake.told("AccessRecorded")) == 7  # each page that showed somebody


async def test_what_is_overdue_is_counted(rights: Rights, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await rights.intake.person()
    for received_time in (LONG_AGO, LONG_AGO, datetime.now(UTC)):
        kept = await rights.register(person, received_time=received_time)
    await rights.answer(kept.rights_request_id, RightsAnswer.TAKEN_BACK)
    counted: list[float] = []
    monkeypatch.setattr(type(rights_requests_overdue), "set", lambda _, amount: counted.append(amount))
    async with rights.intake.worker.pool.acquire() as connection:
        await look_at_rights_requests(connection)
    assert counted == [2, 2]


async def test_an_extension_gives_three_months_in_all_once(rights: Rights) -> None:
    kept = await rights.register(await rights.intake.person())
    later = await rights.extend(kept.rights_request_id, by=SUPERVISOR)
    assert later == due_time(kept.received_time, MONTHS_WHEN_EXTENDED)
    [row] = await rights.intake.rows("select due_time, extension_ground from rights_request")
    assert (row["due_time"], row["extension_ground"]) == (later, "COMPLEXITY")
    with pytest.raises(RuleBroken) as refusal:
        await rights.extend(kept.rights_request_id)
    assert refusal.value.stable_reason == "ALREADY_EXTENDED"
    await rights.answer(kept.rights_request_id, RightsAnswer.TAKEN_BACK)
    versions = [(one["type"], one["aggregate_version"]) for one in await rights.intake.told()][-2:]
    assert versions == [("RightsRequestExtended", 2), ("RightsRequestAnswered", 3)]


async def test_only_a_data_protection_officer_refuses(rights: Rights) -> None:
    kept = await rights.register(await rights.intake.person())
    for answer in (RightsAnswer.REFUSED, RightsAnswer.PARTLY_FULFILLED):
        with pytest.raises(NotPermitted) as refusal:
            await rights.answer(kept.rights_request_id, answer, RefusalGround.UNFOUNDED, by=SUPERVISOR)
        assert refusal.value.stable_reason == "OFFICER_REFUSES"
    await rights.answer(kept.rights_request_id, RightsAnswer.REFUSED, RefusalGround.UNFOUNDED)
    [row] = await rights.intake.rows("select * from rights_request")
    assert (row["answer"], row["refusal_ground"]) == ("REFUSED", "UNFOUNDED")
    assert row["decided_by_principal_id"] == DPO.principal_id
    with pytest.raises(RuleBroken) as again:
        await rights.answer(kept.rights_request_id)
    assert again.value.stable_reason == "ALREADY_ANSWERED"


async def test_another_agency_s_request_is_answered_like_none(rights: Rights) -> None:
    person = await rights.intake.person()
    kept = await rights.register(person)
    stranger = worker_of(uuid4(), "supervisor")
    for wanted in (kept.rights_request_id, uuid4()):
        with pytest.raises(NotFound):
            await rights.extend(wanted, by=stranger)
        with pytest.raises(NotFound):
            await rights.answer(wanted, by=stranger)
    assert (await rights.listed(RequestsView.ALL, by=stranger)).requests == []
    for whose in (person, BeneficiaryId(uuid4())):
        with pytest.raises(NotFound):
            await rights.register(whose, by=member_of(uuid4()))


async def test_somebody_erased_since_is_answered_without_words(rights: Rights, tmp_path: Path) -> None:
    intake = rights.intake
    person = await intake.person()
    kept = await rights.register(person, Right.ERASURE)
    async with intake.database.transaction(intake.desk) as tx:
        parts = intake.parts
        await erase_beneficiary(person, tx, parts.people, Tombstones(tmp_path), parts.recalls)
    await rights.answer(kept.rights_request_id)
    [row] = await intake.rows("select answer, sealed_answer from rights_request")
    assert (row["answer"], row["sealed_answer"]) == ("FULFILLED", None)
    [one] = (await rights.listed(RequestsView.ALL)).requests
    assert (one.words, one.answer_words) == ("", "")
    with pytest.raises(RuleBroken):
        await rights.register(person)
