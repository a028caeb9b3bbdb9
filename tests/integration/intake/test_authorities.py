"""What authorities are told and ask for, over a real PostgreSQL: refused by default, all of it on record."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from chassis.caller import Caller
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import Conflict, Invalid, KemError, NotFound, RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.use_cases.list_authorities import list_authority_notifications, list_compelled_requests
from tests.support.authorities import WORDS, Authorities
from tests.support.consented_people import METHOD, OpenIntake, bits, member_of
from tests.support.vault import DPO, KEM, worker_of


@pytest.fixture
def authorities(intake: OpenIntake) -> Authorities:
    return Authorities(intake)


async def test_a_notification_stands_on_record_with_who_decided_and_why_the_person_was_not_told(
    authorities: Authorities,
) -> None:
    intake, decider = authorities.intake, uuid4()
    person = await intake.person()
    told = await authorities.notify(person, decided_by_id=decider)
    [row] = await intake.rows("select * from authority_notification")
    assert (row["authority_notification_id"], row["legal_basis"]) == (told, "LEGAL_OBLIGATION")
    assert (row["decided_by_principal_id"], row["not_told_reason"]) == (decider, "DANGER")
    assert (row["protocol_number"], row["agency_id"]) == ("ΑΠ 77/2026", KEM)
    assert WORDS.encode() not in row["sealed_words"]
    assert await intake.rows("select from disclosure") == []  # neither a disclosure to an agency nor consent
    [event] = await intake.told("AuthorityNotified")
    fact = DisclosureEvent.FromString(event["payload"]).authority_notified
    assert (fact.authority_notification_id, fact.person_told) == (str(told), False)
    assert b"PROSECUTOR" not in event["payload"]
    assert str(person).encode() not in event["payload"]


@pytest.mark.parametrize(
    "changes",
    [
        {"not_told_reason": None},
        {"person_told_time": datetime(2026, 1, 1, tzinfo=UTC)},
        {"happened_time": datetime(2100, 1, 1, tzinfo=UTC)},
    ],
    ids=["neither told nor why not", "both", "in the future"],
)
async def test_a_notification_says_either_when_the_person_was_told_or_why_not(
    authorities: Authorities, changes: dict[str, Any]
) -> None:
    person = await authorities.intake.person()
    with pytest.raises(Invalid):
        await authorities.notify(person, **changes)
    assert await authorities.intake.rows("select from authority_notification") == []


async def test_notifications_are_read_by_their_agency_and_by_the_officer_with_their_words(
    authorities: Authorities,
) -> None:
    intake = authorities.intake
    first = await authorities.notify(await intake.person())
    second = await authorities.notify(
        await intake.person(), not_told_reason=None, person_told_time=datetime.now(UTC)
    )
    for reader, seen in ((DPO, [second, first]), (worker_of(KEM, "supervisor"), [second, first])):
        async with intake.database.transaction(reader) as tx:
            listed, following = await list_authority_notifications(
                1, None, METHOD, tx, authorities.store, intake.parts.vault
            )
            rest, end = await list_authority_notifications(
                1, following, METHOD, tx, authorities.store, intake.parts.vault
            )
        assert [one.authority_notification_id for one, _ in (*listed, *rest)] == seen
        assert {words for _, words in (*listed, *rest)} == {WORDS}
        assert end is None
    async with intake.database.transaction(worker_of(uuid4(), "supervisor")) as tx:
        nothing, _ = await list_authority_notifications(
            0, None, METHOD, tx, authorities.store, intake.parts.vault
        )
    assert nothing == []


async def test_a_request_that_nobody_decided_on_gives_nothing(authorities: Authorities) -> None:
    intake = authorities.intake
    asked = await authorities.register(await intake.person(), "NAME")
    [row] = await intake.rows("select * from compelled_request")
    assert (row["state"], row["decided_time"], row["allowed_mask"]) == ("REFUSED", None, 0)
    with pytest.raises(RuleBroken) as refusal:
        await authorities.take(asked)
    assert refusal.value.stable_reason == "COMPELLED_REQUEST_REFUSED"
    assert await intake.rows("select from disclosure") == []


async def test_a_refusal_of_the_officer_stays(authorities: Authorities) -> None:
    asked = await authorities.register(await authorities.intake.person(), "NAME")
    await authorities.decide(asked)
    for again in (("NAME",), ()):
        with pytest.raises(RuleBroken) as refusal:
            await authorities.decide(asked, *again)
        assert refusal.value.stable_reason == "ALREADY_DECIDED"
    with pytest.raises(RuleBroken):
        await authorities.take(asked)


async def test_what_the_officer_decides_is_given_and_recorded_as_compelled(authorities: Authorities) -> None:
    intake = authorities.intake
    person = await intake.person()
    asked = await authorities.register(person, "NAME", "CASE_CODE")
    with pytest.raises(Invalid):
        await authorities.decide(asked, "HEALTH")
    await authorities.decide(asked, "NAME")
    given = await authorities.take(asked)
    assert set(given.fields) == {"names"}
    assert given.fields["names"].latin.given == "Amna"
    [row] = await intake.rows("select * from disclosure")
    assert (row["kind"], row["legal_bases"]) == ("COMPELLED", ["LEGAL_OBLIGATION"])
    assert (row["compelled_request_id"], row["beneficiary_id"]) == (asked, person)
    assert (row["agency_id"], row["referral_id"], row["given_mask"]) == (None, None, bits("NAME"))
    [event] = await intake.told("CompelledDisclosureGiven")
    fact = DisclosureEvent.FromString(event["payload"]).compelled_disclosure_given
    assert (fact.compelled_request_id, fact.given_mask) == (str(asked), bits("NAME"))
    assert (fact.legal_basis, fact.asked_mask) == ("LEGAL_OBLIGATION", bits("NAME", "CASE_CODE"))
    decided = [row["aggregate_version"] for row in await intake.told("CompelledRequestDecided")]
    assert decided == [2]
    assert len(await intake.told("AccessRecorded")) == 1


async def test_the_same_request_is_one_compelled_disclosure(authorities: Authorities) -> None:
    request_id, intake = uuid4(), authorities.intake
    asked = await authorities.register(await intake.person(), "NAME")
    other = await authorities.register(await intake.person(), "NAME")
    for one in (asked, other):
        await authorities.decide(one, "NAME")
    first = await authorities.take(asked, request_id=request_id)
    assert (await authorities.take(asked, request_id=request_id)).disclosure_id == first.disclosure_id
    assert len(await intake.rows("select from disclosure")) == 1
    with pytest.raises(Conflict):
        await authorities.take(other, request_id=request_id)


async def test_only_the_hub_s_own_officer_decides_and_takes(authorities: Authorities) -> None:
    asked = await authorities.register(await authorities.intake.person(), "NAME")
    for caller in (worker_of(KEM, "dpo"), worker_of(uuid4(), "dpo")):
        with pytest.raises(NotFound):
            await authorities.decide(asked, "NAME", by=caller)
    await authorities.decide(asked, "NAME")
    refusals: list[tuple[Caller, type[KemError]]] = [
        (worker_of(KEM, "dpo"), NotFound),
        (worker_of(None, "supervisor"), KemError),
        (authorities.intake.desk, NotFound),
    ]
    for caller, kind in refusals:
        with pytest.raises(kind):
            await authorities.take(asked, by=caller)
    assert await authorities.intake.rows("select from disclosure") == []


async def test_an_officer_reads_nobody_s_records_but_those_that_were_decided_on(
    authorities: Authorities,
) -> None:
    intake = authorities.intake
    person, other = await intake.person(), await intake.person()
    asked = await authorities.register(person, "NAME")
    statement = "select distinct beneficiary_id from sealed_record"
    async with intake.database.transaction(DPO) as tx:
        await tx.connection.execute("select set_config('app.officer', 'true', true)")
        assert await tx.connection.fetch(statement) == []
    await authorities.decide(asked, "NAME")
    async with intake.database.transaction(DPO) as tx:
        assert await tx.connection.fetch(statement) == []  # it ends with the transaction
        await tx.connection.execute("select set_config('app.officer', 'true', true)")
        assert [row[0] for row in await tx.connection.fetch(statement)] == [person]
    assert other != person


async def test_requests_about_other_agencies_people_cannot_be_registered(authorities: Authorities) -> None:
    person = await authorities.intake.person()
    for wanted in (person, BeneficiaryId(uuid4())):
        with pytest.raises(NotFound):
            await authorities.register(wanted, "NAME", by=member_of(uuid4()))
        with pytest.raises(NotFound):
            await authorities.notify(wanted, by=member_of(uuid4()))


async def test_requests_are_listed_with_their_words_and_what_was_decided(authorities: Authorities) -> None:
    intake = authorities.intake
    asked = await authorities.register(await intake.person(), "NAME", "CASE_CODE")
    await authorities.decide(asked, "NAME")
    async with intake.database.transaction(DPO) as tx:
        page = await list_compelled_requests(
            0, None, METHOD, tx, authorities.store, authorities.tellings, intake.parts.vault
        )
    [one] = page.requests
    assert (one.request.compelled_request_id, one.request.allowed_mask) == (asked, bits("NAME"))
    assert (one.words, page.next_before) == (WORDS, None)
