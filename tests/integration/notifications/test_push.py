"""Deliveries pushed to partners that host an inbox of their own: all of them, in order, acknowledged once."""

import asyncio

import pytest

from kem.notifications.v1.delivery_pb2 import INBOX_AGENCY, INBOX_DESK
from kem.partner.v1.partner_inbox_service_pb2 import DeliverRequest, DeliverResponse
from kernel.ids import agency_inbox, random_id
from services.notifications.domain.push_endpoint import PushState
from services.notifications.domain.recipient import Inbox
from services.notifications.entrypoints import push_worker
from tests.integration.notifications.pushing import Push
from tests.support.partner_server import Gate, Partner, PartnerContext, takes_all
from tests.support.referral_facts import AGENCY, SENDER


async def test_what_lies_in_the_inbox_is_brought_in_order_in_batches_and_acknowledged(push: Push) -> None:
    partner = await push.partner().start()
    await push.offers(250)
    await push.set(partner.address)
    async with push.working():
        await push.pushed(250)
    assert list(partner.kept) == list(range(1, 251))
    assert [len(request.deliveries) for request in partner.requests] == [100, 100, 50]
    assert {(request.agency_id, request.inbox) for request in partner.requests} == {
        (str(AGENCY), INBOX_AGENCY)
    }
    page = await push.notifications.listed(Inbox.AGENCY, AGENCY)
    assert page.marks.acknowledged_sequence == 250


async def test_each_call_that_was_answered_makes_one_fact_that_names_the_offers(push: Push) -> None:
    partner = await push.partner().start()
    await push.offers(150)
    await push.set(partner.address)
    async with push.working():
        await push.pushed(150)
    (name, placed), *acknowledged = await push.facts()
    assert (name, placed.agency_id, placed.pushed_sequence) == ("push_endpoint_set", str(AGENCY), 0)
    assert [name for name, _ in acknowledged] == ["deliveries_acknowledged"] * 2
    assert [(fact.from_sequence, fact.to_sequence) for _, fact in acknowledged] == [(1, 100), (101, 150)]
    offers = [offer_id for _, fact in acknowledged for offer_id in fact.offer_ids]
    assert offers == [partner.kept[sequence].offer_id for sequence in range(1, 151)]
    assert acknowledged[0][1].recipient_id == str(agency_inbox(AGENCY))


async def test_what_comes_later_is_brought_too_and_a_desk_has_its_own_endpoint(push: Push) -> None:
    partner = await push.partner().start()
    await push.set(partner.address, to=SENDER, inbox=Inbox.DESK)
    async with push.working():
        await push.offers(1)
        await push.pushed(1, to=SENDER)
        await push.offers(2)
        await push.pushed(3, to=SENDER)
    assert list(partner.kept) == [1, 2, 3]
    assert {request.inbox for request in partner.requests} == {INBOX_DESK}


async def test_a_new_endpoint_begins_with_what_nobody_has_acknowledged(push: Push) -> None:
    partner = await push.partner().start()
    await push.offers(5)
    await push.notifications.acknowledge(Inbox.AGENCY, AGENCY, 3)
    await push.set(partner.address)
    async with push.working():
        await push.pushed(5)
    assert list(partner.kept) == [4, 5]


async def test_what_was_forgotten_because_of_its_age_is_left_out(push: Push) -> None:
    partner = await push.partner().start()
    await push.offers(5)
    await push.set(partner.address)
    push.notifications.files.execute(
        "delete from notifications.delivery where sequence <= 3;"
        " update notifications.recipient set forgotten_sequence = 3"
    )
    async with push.working():
        await push.pushed(5)
    assert list(partner.kept) == [4, 5]


async def test_a_push_says_nothing_that_a_delivery_may_not_say(push: Push) -> None:
    partner = await push.partner().start()
    await push.offers(1)
    await push.set(partner.address)
    async with push.working():
        await push.pushed(1)
    (request,) = partner.requests
    assert {field.name for field, _ in request.ListFields()} == {"agency_id", "inbox", "deliveries"}
    assert {field.name for field, _ in request.deliveries[0].ListFields()} == {
        *("delivery_id", "sequence", "kind", "referral_id", "offer_id", "service_id"),
        *("urgency", "respond_by_time", "event_time"),
    }


async def test_each_call_carries_a_word_for_this_partner_alone_and_for_a_minute(push: Push) -> None:
    partner = await push.partner().start()
    await push.offers(101)
    await push.set(partner.address)
    async with push.working():
        await push.pushed(101)
    for claims in partner.claims:
        assert (claims["iss"], claims["aud"]) == ("service:notifications", partner.address)
        assert claims["exp"] - claims["iat"] == 60
        assert not {"roles", "agency", "person"} & set(claims)
    assert len({claims["jti"] for claims in partner.claims}) == len(partner.claims) == 2


async def test_a_partner_that_takes_a_part_gets_the_rest(push: Push) -> None:
    async def takes_two(
        partner: Partner, request: DeliverRequest, context: PartnerContext
    ) -> DeliverResponse:
        partner.keep(request.deliveries[:2])
        last = min(request.deliveries[0].sequence + 1, request.deliveries[-1].sequence)
        return DeliverResponse(acknowledged_sequence=last)

    partner = await push.partner(takes_two).start()
    await push.offers(5)
    await push.set(partner.address)
    async with push.working():
        await push.pushed(5)
    assert [request.deliveries[0].sequence for request in partner.requests] == [1, 3, 5]
    assert list(partner.kept) == [1, 2, 3, 4, 5]


async def test_slow_partners_never_keep_another_one_waiting(push: Push) -> None:
    gates, slow = [Gate() for _ in range(12)], [random_id() for _ in range(12)]
    for gate, agency_id in zip(gates, slow, strict=True):
        await push.offers(1, to=agency_id)
        await push.set((await push.partner(gate).start()).address, to=agency_id)
    quick = await push.partner().start()
    await push.set(quick.address)
    async with push.working(deadline_seconds=60):
        for gate in gates:
            await gate.reached()
        for number in range(1, 4):
            await push.offers(1)
            await push.pushed(number)
        # all that while nobody's deadline was over and none of the slow ones had answered
        for gate, agency_id in zip(gates, slow, strict=True):
            endpoint = await push.endpoint(agency_id)
            assert (endpoint.tries, endpoint.pushed_sequence) == (0, 0)
            gate.opened.set()
        for agency_id in slow:
            await push.pushed(1, to=agency_id)
    assert list(quick.kept) == [1, 2, 3]


async def test_a_partner_that_is_always_behind_has_its_turn_and_no_more(
    push: Push, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_worker, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(push_worker, "CALLS_A_LEASE", 2)
    busy, other = await push.partner().start(), await push.partner().start()
    their_agency = random_id()
    await push.offers(500)
    await push.set(busy.address)
    await push.offers(1, to=their_agency)
    await push.set(other.address, to=their_agency)
    async with push.working():
        await push.pushed(1, to=their_agency)
        assert len(busy.requests) <= 2
        await push.pushed(500)
    assert list(busy.kept) == list(range(1, 501))


async def test_two_workers_never_push_one_endpoint_at_once_and_bring_everything_once(push: Push) -> None:
    async def in_its_own_time(
        partner: Partner, request: DeliverRequest, context: PartnerContext
    ) -> DeliverResponse:
        await asyncio.sleep(0)
        return await takes_all(partner, request, context)

    partner = await push.partner(in_its_own_time).start()
    await push.set(partner.address)
    async with push.working(), push.working():
        for batch in range(1, 11):
            await push.offers(30)
            await push.pushed(30 * batch)
    assert partner.most_at_once == 1
    brought = [one.sequence for request in partner.requests for one in request.deliveries]
    assert brought == list(range(1, 301))


async def test_a_worker_that_dies_leaves_its_endpoint_to_the_next_when_its_lease_is_over(push: Push) -> None:
    partner = await push.partner().start()
    await push.offers(3)
    await push.set(partner.address)
    push.notifications.files.execute(
        "update notifications.push_endpoint set lease_id = gen_random_uuid(),"
        " lease_end_time = clock_timestamp() + interval '1 hour'"
    )
    other = random_id()
    await push.offers(1, to=other)
    await push.set(partner.address, to=other)
    async with push.working():
        await push.pushed(1, to=other)
        assert (await push.endpoint()).pushed_sequence == 0, "another holds it"
        push.notifications.files.execute(
            "update notifications.push_endpoint set lease_end_time = clock_timestamp()"
            " where lease_id is not null"
        )
        await push.pushed(3)


async def test_what_a_worker_reports_after_its_lease_was_lost_counts_no_more(push: Push) -> None:
    gate = Gate()
    partner = await push.partner(gate).start()
    await push.offers(2)
    await push.set(partner.address)
    moved = await push.partner().start()
    async with push.working():
        await gate.reached()
        await push.set(moved.address)
        gate.opened.set()
        await push.pushed(2)
    assert list(moved.kept) == [1, 2], "the new address gets what only the old one had taken"
    acknowledged = [fact for name, fact in await push.facts() if name == "deliveries_acknowledged"]
    assert [(fact.from_sequence, fact.to_sequence) for fact in acknowledged] == [(1, 2)]


async def test_a_worker_that_leaves_in_order_gives_its_leases_back(push: Push) -> None:
    gate = Gate()
    partner = await push.partner(gate).start()
    await push.offers(1)
    await push.set(partner.address)
    async with push.working():
        await gate.reached()
    assert (
        push.notifications.files.execute("select count(lease_id) from notifications.push_endpoint") == "0\n"
    )
    gate.opened.set()
    async with push.working():
        await push.pushed(1)


async def test_a_database_that_goes_away_for_a_moment_is_waited_for(push: Push) -> None:
    partner = await push.partner().start()
    await push.set(partner.address)
    async with push.working():
        push.notifications.files.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'notifications_worker' and datname = current_database()"
        )
        await push.offers(2)
        await push.pushed(2)
    assert list(partner.kept) == [1, 2]


async def test_the_log_of_a_push_names_neither_words_nor_addresses(
    push: Push, capfd: pytest.CaptureFixture[str]
) -> None:
    partner = await push.partner().start()
    await push.set(partner.address)
    await partner.stop()
    await push.offers(1)
    async with push.working():
        endpoint = await push.failed()
    assert endpoint.state is PushState.FAILING
    written = "".join(capfd.readouterr())
    assert "push_failed" in written
    assert partner.address not in written


async def test_an_agencys_own_login_cannot_see_or_touch_a_push_endpoint(push: Push) -> None:
    await push.set("https://inbox.example:8443")
    allowed = push.notifications.files.execute(
        "select count(*) from information_schema.role_table_grants"
        " where table_name = 'push_endpoint' and grantee = 'notifications_app'"
    )
    assert allowed == "0\n"
