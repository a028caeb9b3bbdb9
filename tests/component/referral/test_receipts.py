"""Receipts at the real doors of intake and referral: what they say, to whom, and until when."""

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import grpc

from chassis import topics
from kem.access.v1.access_events_pb2 import AccessEvent, AccessRecorded
from kem.directory.v1 import directory_pb2
from kem.directory.v1 import directory_service_pb2 as directory
from kem.disclosure.v1 import receipt_service_pb2 as messages
from kem.intake.v1 import need_pb2
from kem.referral.v1 import referral_pb2 as referral
from kem.referral.v1 import referral_service_pb2 as rpc
from tests.component.referral.city import City
from tests.component.referral.directory_door import service_message
from tests.component.referral.receipt_door import check, doors, erase, issue, read
from tests.support.refusals import refused

HIDDEN_ADDRESS, SECRET_NAME = "Odos Krifi 7", "Xenonas Asfaleias"
CHECK, READ, ISSUE = (
    f"/kem.disclosure.v1.ReceiptService/{name}" for name in ("CheckReceipt", "ReadReceipt", "IssueReceipt")
)


async def accesses(city: City, about: str) -> list[tuple[str, str, list[str]]]:
    """Method, outcome and roles of whatever was put on record about this."""
    connection = await asyncpg.connect(city.database.superuser_url)
    try:
        rows = await connection.fetch(
            "select payload from intake.outbox where topic = $1"
            " union all select payload from intake.event_log where topic = $1",
            topics.ACCESS,
        )
    finally:
        await connection.close()
    events = [AccessEvent.FromString(row["payload"]).access_recorded for row in rows]
    return [
        (one.method, AccessRecorded.Outcome.Name(one.outcome), list(one.roles))
        for one in events
        if about in one.subject_ids
    ]


async def shelter_for(city: City, service_type: str) -> str:
    """A service of the agency that only named staff find, in a place that nobody may know."""
    service = service_message(
        2,
        agency_id=str(city.desk.agency_id),
        service_id=str(uuid4()),
        service_type=service_type,
        name=directory_pb2.BilingualText(el=SECRET_NAME, en=SECRET_NAME),
        listing=directory_pb2.LISTING_NAMED_STAFF,
        location=directory_pb2.Location(
            district="ATHENS_1",
            address=HIDDEN_ADDRESS,
            visibility=directory_pb2.LOCATION_VISIBILITY_HIDDEN,
        ),
        eligibility=directory_pb2.Eligibility(),
        areas=[],
        capacity=directory_pb2.Capacity(kind=directory_pb2.Capacity.KIND_UNLIMITED),
    )
    await city.directory.SaveServices(
        directory.SaveServicesRequest(request_id=str(uuid4()), services=[service])
    )
    return str(service.service_id)


async def test_a_receipt_names_who_helps_and_never_a_restricted_service_or_a_hidden_place(city: City) -> None:
    service_id = await shelter_for(city, "GBV_SHELTER")
    person = await city.consented_person()
    await city.desk.consent(person, purpose="SERVICE_PROTECTION", categories=["NAME", "PROTECTION"])
    lessons = await city.desk.need(person)
    offer = await city.offered(lessons)
    await city.agency.AcceptOffer(rpc.AcceptOfferRequest(request_id=str(uuid4()), offer_id=offer.offer_id))
    await city.state(lessons, referral.REFERRAL_STATE_ACCEPTED)
    shelter = await city.desk.need(person, service_type="GBV_SHELTER", routing=need_pb2.ROUTING_ASK_FIRST)
    async with city.running.channel_of("gbv_focal_point") as protecting:
        from kem.referral.v1.referral_service_pb2_grpc import ReferralServiceStub

        door: Any = ReferralServiceStub(protecting)
        await city.state(shelter, referral.REFERRAL_STATE_AWAITING_PERSON)
        await door.OfferTo(
            rpc.OfferToRequest(
                request_id=str(uuid4()), referral_id=shelter.referral_id, service_ids=[service_id]
            )
        )
    offer = await city.offered(shelter)
    await city.agency.AcceptOffer(rpc.AcceptOfferRequest(request_id=str(uuid4()), offer_id=offer.offer_id))
    async with doors(city) as (staff, anybody):
        for language in ("el", "en", "ar", "fa", "ur", "fr"):
            issued = await staff.IssueReceipt(issue(person, language=language))
            shown = await anybody.ReadReceipt(read(issued))
            assert shown.content == issued.content
            written = str(issued) + issued.SerializeToString().decode(errors="replace")
            for secret in (HIDDEN_ADDRESS, SECRET_NAME, "GBV", "PROTECTION"):
                assert secret not in written
            consents, referrals = issued.content.sections[:2]
            assert len(consents.items) == 1
            [told] = referrals.items
            assert len(told.facts) == 3
            assert issued.warnings == [
                messages.RECEIPT_WARNING_SAFE_CONTACT,
                messages.RECEIPT_WARNING_LEFT_OFF,
            ]
    methods = [method for method, _, _ in await accesses(city, person)]
    assert methods.count(ISSUE) == 6
    assert (READ, "OUTCOME_GRANTED", ["receipt_holder"]) in await accesses(city, person)


async def test_a_code_answers_only_valid_or_not_and_for_whatever_is_not_the_same(city: City) -> None:
    person = await city.desk.person()
    async with doors(city) as (staff, anybody):
        request = issue(person, language="")
        first = await staff.IssueReceipt(request)
        assert first.content.language == "ar"
        assert await anybody.CheckReceipt(check(first.code.lower().replace("-", " "))) == (
            messages.CheckReceiptResponse(valid=True)
        )
        repeat = await staff.IssueReceipt(request)
        assert (repeat.receipt_id, repeat.code, repeat.pin) == (first.receipt_id, "", "")
        request.form = messages.RECEIPT_FORM_FILE
        with refused() as refusal:
            await staff.IssueReceipt(request)
        assert refusal.reason == "REQUEST_ID_REUSED"
        second = await staff.IssueReceipt(issue(person))
        assert (await anybody.CheckReceipt(check(second.code))).valid
        lost = messages.RevokeReceiptRequest(request_id=str(uuid4()), beneficiary_id=person)
        revoked = await staff.RevokeReceipt(lost)
        assert await staff.RevokeReceipt(lost) == revoked
        assert list(revoked.receipt_ids) == [second.receipt_id]
        expired = await staff.IssueReceipt(issue(await city.desk.person()))
        await _let_expire(city, expired.receipt_id)
        gone = await city.desk.person()
        erased = await staff.IssueReceipt(issue(gone))
        await erase(city, gone)
        never = "00000-00000-00000-00000-0"
        answers = [
            await anybody.CheckReceipt(check(code))
            for code in (first.code, second.code, expired.code, erased.code, never, "nonsense", "x" * 64)
        ]
        assert answers == [messages.CheckReceiptResponse()] * 7
        refusals = []
        for receipt in (first, second, expired, erased):
            with refused() as refusal:
                await anybody.ReadReceipt(read(receipt))
            refusals.append((refusal.code, refusal.reason, refusal.message))
        assert set(refusals) == {(grpc.StatusCode.NOT_FOUND, "RECEIPT_NOT_FOUND", refusal.message)}
        with refused() as refusal:
            await staff.RevokeReceipt(messages.RevokeReceiptRequest(request_id=str(uuid4()), code=first.code))
        assert refusal.reason == "RECEIPT_NOT_FOUND"


async def test_wrong_pins_are_counted_and_lock_with_a_clear_word(city: City) -> None:
    person = await city.desk.person()
    async with doors(city) as (staff, anybody):
        issued = await staff.IssueReceipt(issue(person))
        wrong = messages.ReadReceiptRequest(code=issued.code, pin="x")
        right = read(issued)
        for _ in range(4):
            with refused() as refusal:
                await anybody.ReadReceipt(wrong)
            assert refusal.reason == "RECEIPT_NOT_FOUND"
        assert (await anybody.ReadReceipt(right)).content == issued.content
        for _ in range(5):
            with refused() as refusal:
                await anybody.ReadReceipt(wrong)
        for typed in (right, wrong):
            with refused() as refusal:
                await anybody.ReadReceipt(typed)
            assert (refusal.code, refusal.reason) == (
                grpc.StatusCode.FAILED_PRECONDITION,
                "RECEIPT_LOCKED",
            )
            assert "desk" in refusal.message
        assert (await anybody.CheckReceipt(check(issued.code))).valid
    outcomes = [outcome for method, outcome, _ in await accesses(city, issued.receipt_id) if method == READ]
    assert (outcomes.count("OUTCOME_REFUSED"), outcomes.count("OUTCOME_GRANTED")) == (11, 1)


async def test_whoever_wants_no_paper_gets_none_and_nothing_else_changes(city: City) -> None:
    person = await city.desk.person()
    async with doors(city) as (staff, anybody):
        kept = await staff.IssueReceipt(issue(person))
        refused_paper = await staff.IssueReceipt(issue(person, form=messages.RECEIPT_FORM_REFUSED))
        assert (refused_paper.code, refused_paper.pin) == ("", "")
        assert not refused_paper.HasField("content")
        assert (await anybody.CheckReceipt(check(kept.code))).valid
    connection = await asyncpg.connect(city.database.superuser_url)
    try:
        forms = await connection.fetch(
            "select form, code_digest is null as no_code from intake.receipt where beneficiary_id = $1"
            " order by issued_time",
            UUID(person),
        )
        stored = await connection.fetchval(
            "select string_agg(receipt::text, ' ') from intake.receipt where beneficiary_id = $1",
            UUID(person),
        )
    finally:
        await connection.close()
    assert [tuple(row) for row in forms] == [("PAPER", False), ("REFUSED", True)]
    assert not any(one in stored for one in (kept.code, kept.code.replace("-", ""), kept.pin + ","))


async def test_codes_that_are_asked_about_are_counted_and_never_kept(city: City) -> None:
    connection = await asyncpg.connect(city.database.superuser_url)
    count = "select coalesce(sum(valid), 0)::int, coalesce(sum(not_valid), 0)::int from intake.receipt_check"
    try:
        async with doors(city) as (staff, anybody):
            issued = await staff.IssueReceipt(issue(await city.desk.person()))
            before = tuple(await connection.fetchrow(count))
            await anybody.CheckReceipt(check(issued.code))
            await anybody.CheckReceipt(check("nothing"))
            assert tuple(await connection.fetchrow(count)) == (before[0] + 1, before[1] + 1)
            full = "insert into intake.receipt_check values (date_trunc('minute', clock_timestamp()), 300, 0)"
            await connection.execute(full + " on conflict (minute_time) do update set valid = 300")
            with refused() as refusal:
                await anybody.CheckReceipt(check(issued.code))
            assert (refusal.code, refusal.reason) == (
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                "RECEIPTS_ASKED_TOO_OFTEN",
            )
            await connection.execute("delete from intake.receipt_check")
    finally:
        await connection.close()
    assert [method for method, _, _ in await accesses(city, issued.receipt_id)] == [ISSUE]


async def _let_expire(city: City, receipt_id: str) -> None:
    connection = await asyncpg.connect(city.database.superuser_url)
    try:
        await connection.execute(
            "update intake.receipt set issued_time = issued_time - interval '2 years',"
            " valid_until_time = valid_until_time - interval '2 years' where receipt_id = $1",
            UUID(receipt_id),
        )
    finally:
        await connection.close()
