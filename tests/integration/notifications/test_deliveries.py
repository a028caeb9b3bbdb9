"""Inboxes in a real database: dense under concurrency, once per event, each agency its own."""

import asyncio
import random
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.batch import BatchRunner
from chassis.events import IncomingEvent
from chassis.incoming import Message
from kernel.errors import RuleBroken, Unavailable
from kernel.ids import AgencyId, agency_inbox, desk_inbox, random_id
from services.notifications.adapters.postgres_acknowledgements import PostgresAcknowledgements
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.adapters.postgres_retention import PostgresRetention
from services.notifications.domain.acknowledgement import SequenceNotKnown
from services.notifications.domain.recipient import Inbox
from services.notifications.use_cases import acknowledge_deliveries as acknowledging
from services.notifications.use_cases.acknowledgement_line import AcknowledgementLine
from services.notifications.use_cases.forget_old_deliveries import forget_old_deliveries
from tests.integration.notifications.inboxes import SYSTEM, Notifications, member, message, sequences
from tests.support.recall_facts import DUE_TIME, incoming_from_intake, recall_facts
from tests.support.referral_facts import AGENCY, SENDER, as_if_newer, incoming, offered


async def test_an_inbox_is_made_when_its_first_delivery_comes(notifications: Notifications) -> None:
    assert (await notifications.listed(Inbox.AGENCY, AGENCY)).marks.last_sequence == 0
    await notifications.take(incoming(offered()))
    page = await notifications.listed(Inbox.AGENCY, AGENCY)
    assert (sequences(page.deliveries), page.marks.last_sequence) == ([1], 1)
    assert sequences((await notifications.listed(Inbox.DESK, SENDER)).deliveries) == [1]


async def test_what_is_delivered_comes_back_as_it_was(notifications: Notifications) -> None:
    offer = offered()
    event = incoming(offer)
    await notifications.take(event)
    (delivery,) = (await notifications.listed(Inbox.AGENCY, AGENCY)).deliveries
    assert delivery.recipient_id == agency_inbox(AGENCY)
    assert delivery.delivery_id.version == 7
    sign = delivery.sign
    assert (sign.kind, sign.event_id, sign.event_time) == (
        "ReferralOffered",
        event.event_id,
        event.event_time,
    )
    assert (str(sign.offer_id), str(sign.service_id)) == (offer.offer_id, offer.service_id)
    assert sign.respond_by_time is not None


async def test_all_that_is_told_of_a_recall_lies_in_both_inboxes_once_and_in_order(
    notifications: Notifications,
) -> None:
    referral_id = uuid4()
    facts = recall_facts(referral_id)
    events = [incoming_from_intake(fact, position) for position, fact in enumerate(facts, start=1)]
    await notifications.take(*events)
    await notifications.take(*events)
    for inbox, agency_id in ((Inbox.AGENCY, AGENCY), (Inbox.DESK, SENDER)):
        page = await notifications.listed(inbox, agency_id)
        assert [one.sign.kind for one in page.deliveries] == [type(fact).__name__ for fact in facts]
        assert {one.sign.referral_id for one in page.deliveries} == {referral_id}
        assert [one.sign.respond_by_time for one in page.deliveries] == [DUE_TIME, DUE_TIME, None]


async def test_within_an_inbox_deliveries_keep_the_order_of_the_facts(notifications: Notifications) -> None:
    events = [incoming(offered(), position=position) for position in range(1, 31)]
    await notifications.take(*events[:10])
    await notifications.take(*events[10:])
    page = await notifications.listed(Inbox.AGENCY, AGENCY)
    assert [delivery.sign.event_id for delivery in page.deliveries] == [event.event_id for event in events]
    assert sequences(page.deliveries) == list(range(1, 31))


async def test_two_workers_at_once_leave_no_gap_and_no_double(notifications: Notifications) -> None:
    agencies = [random_id() for _ in range(7)]
    chance = random.Random(7)
    runners = [notifications.runner(), notifications.runner()]
    batches = [
        [
            message(
                incoming(offered(chance.choice(agencies)), partition=worker, position=20 * batch + number + 1)
            )
            for number in range(20)
        ]
        for worker in range(2)
        for batch in range(15)
    ]

    async def work(runner: BatchRunner, own: list[list[Message]]) -> None:
        for batch in own:
            await runner.take(batch)

    await asyncio.gather(work(runners[0], batches[:15]), work(runners[1], batches[15:]))
    total = 0
    for agency_id in agencies:
        page = await notifications.listed(Inbox.AGENCY, agency_id)
        assert sequences(page.deliveries) == list(range(1, page.marks.last_sequence + 1))
        total += page.marks.last_sequence
    assert total == 600
    desk = await notifications.listed(Inbox.DESK, SENDER)
    assert sequences(desk.deliveries) == list(range(1, 601))


async def test_a_batch_that_comes_twice_is_delivered_once(notifications: Notifications) -> None:
    events = [incoming(offered(), position=position) for position in range(1, 6)]
    await notifications.take(*events[:3])
    await notifications.take(*events)
    await notifications.take(*events)
    assert sequences((await notifications.listed(Inbox.AGENCY, AGENCY)).deliveries) == [1, 2, 3, 4, 5]


async def test_a_fact_newer_than_this_version_waits_aside_and_holds_nothing_up(
    notifications: Notifications,
) -> None:
    await notifications.take(
        incoming(offered(), position=1),
        as_if_newer(incoming(offered(), position=2)),
        incoming(offered(), position=3),
    )
    assert sequences((await notifications.listed(Inbox.AGENCY, AGENCY)).deliveries) == [1, 2]
    assert await notifications.worker.pool.fetchval("select reason from dead_letter") == "NEWER_THAN_READER"


async def test_nobody_reads_another_agencys_inbox(notifications: Notifications) -> None:
    await notifications.take(incoming(offered()))
    other = await notifications.listed(Inbox.AGENCY, random_id())
    assert (other.deliveries, other.marks.last_sequence) == ([], 0)


async def test_the_database_itself_shows_a_caller_only_their_own_rows(notifications: Notifications) -> None:
    await notifications.take(incoming(offered()))
    for caller, deliveries in ((member(AGENCY), 1), (member(SENDER), 1), (member(random_id()), 0)):
        async with notifications.app.transaction(caller) as tx:
            assert await tx.connection.fetchval("select count(*) from delivery") == deliveries
            assert await tx.connection.fetchval("select count(*) from recipient") == deliveries
    # a session without a caller sees nothing at all
    assert await notifications.app.pool.fetchval("select count(*) from delivery") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "insert into delivery select * from delivery",
        "update delivery set sequence = sequence + 1",
        "delete from delivery",
        "delete from recipient",
    ],
)
async def test_those_who_answer_calls_cannot_change_what_was_delivered(
    notifications: Notifications, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with notifications.app.transaction(member(AGENCY)) as tx:
            await tx.connection.execute(statement)


async def test_acknowledging_is_cumulative_and_told_once(notifications: Notifications) -> None:
    events = [incoming(offered(), position=position) for position in range(1, 6)]
    offer_ids = [str(offer_id) for offer_id in await _offers_after(notifications, *events)]
    assert await notifications.acknowledge(Inbox.AGENCY, AGENCY, 3) == 3
    assert await notifications.acknowledge(Inbox.AGENCY, AGENCY, 2) == 3
    assert await notifications.acknowledge(Inbox.AGENCY, AGENCY, 5) == 5
    facts = [event.deliveries_acknowledged for event in await notifications.told()]
    assert [(fact.from_sequence, fact.to_sequence, list(fact.offer_ids)) for fact in facts] == [
        (1, 3, offer_ids[:3]),
        (4, 5, offer_ids[3:]),
    ]
    assert {fact.recipient_id for fact in facts} == {str(agency_inbox(AGENCY))}
    assert [event.aggregate_version for event in await notifications.told()] == [1, 2]


async def _offers_after(notifications: Notifications, *events: IncomingEvent) -> list[UUID | None]:
    await notifications.take(*events)
    page = await notifications.listed(Inbox.AGENCY, AGENCY)
    return [delivery.sign.offer_id for delivery in page.deliveries]


async def test_a_desk_that_acknowledges_says_nothing_about_the_agencys_offers(
    notifications: Notifications,
) -> None:
    await notifications.take(incoming(offered()))
    assert await notifications.acknowledge(Inbox.DESK, SENDER, 1) == 1
    (event,) = await notifications.told()
    assert event.deliveries_acknowledged.recipient_id == str(desk_inbox(SENDER))
    assert list(event.deliveries_acknowledged.offer_ids) == []


async def test_what_was_never_delivered_cannot_be_acknowledged(notifications: Notifications) -> None:
    await notifications.take(incoming(offered()))
    with pytest.raises(RuleBroken) as refused:
        await notifications.acknowledge(Inbox.AGENCY, AGENCY, 2)
    assert refused.value.stable_reason == "SEQUENCE_NOT_KNOWN"
    assert await notifications.told() == []


async def test_very_many_offers_are_acknowledged_in_facts_that_fit(
    notifications: Notifications, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledging, "MOST_OFFERS", 4)
    await notifications.take(*[incoming(offered(), position=position) for position in range(1, 12)])
    assert await notifications.acknowledge(Inbox.AGENCY, AGENCY, 11) == 11
    facts = [event.deliveries_acknowledged for event in await notifications.told()]
    assert [(fact.from_sequence, fact.to_sequence, len(fact.offer_ids)) for fact in facts] == [
        (1, 4, 4),
        (5, 8, 4),
        (9, 11, 3),
    ]


async def test_two_clients_that_acknowledge_at_once_tell_each_offer_once(
    notifications: Notifications,
) -> None:
    await notifications.take(*[incoming(offered(), position=position) for position in range(1, 21)])
    await asyncio.gather(*[notifications.acknowledge(Inbox.AGENCY, AGENCY, up_to) for up_to in range(1, 21)])
    told = [
        offer for event in await notifications.told() for offer in event.deliveries_acknowledged.offer_ids
    ]
    assert len(told) == len(set(told)) == 20


async def test_who_acknowledges_at_the_same_moment_shares_a_commit_and_speaks_for_themselves(
    notifications: Notifications,
) -> None:
    agencies = [AgencyId(random_id()) for _ in range(20)]
    await notifications.take(
        *[incoming(offered(agency_id=one), position=number) for number, one in enumerate(agencies, 1)]
    )
    await asyncio.gather(*[notifications.acknowledge(Inbox.AGENCY, one, 1) for one in agencies])
    commits = await notifications.worker.pool.fetchval("select count(distinct xmin::text) from outbox")
    assert commits <= 2
    told = await notifications.told()
    assert sorted(event.actor.agency_id for event in told) == sorted(map(str, agencies))


async def test_one_wrong_word_is_refused_alone(notifications: Notifications) -> None:
    await notifications.take(incoming(offered(), position=1))
    answers = await asyncio.gather(
        notifications.acknowledge(Inbox.AGENCY, AGENCY, 1),
        notifications.acknowledge(Inbox.AGENCY, AgencyId(random_id()), 7),
        return_exceptions=True,
    )
    assert answers[0] == 1
    assert isinstance(answers[1], SequenceNotKnown)


async def test_who_is_in_line_when_the_service_stops_is_told_to_say_it_again(
    notifications: Notifications,
) -> None:
    line = AcknowledgementLine(notifications.worker, PostgresAcknowledgements())
    waiting = asyncio.create_task(line.acknowledge(Inbox.AGENCY, 1, member(AGENCY)))
    running = asyncio.create_task(line.run())
    await asyncio.sleep(0)  # both have begun: one is in line, the other gathers
    running.cancel()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(waiting, 5)


async def test_old_deliveries_are_forgotten_and_sequences_go_on(notifications: Notifications) -> None:
    await notifications.take(*[incoming(offered(), position=position) for position in range(1, 6)])
    notifications.files.execute(
        "update notifications.delivery set recorded_time = now() - interval '40 days' where sequence <= 3"
    )
    async with notifications.worker.transaction(SYSTEM) as tx:
        assert await forget_old_deliveries(30, tx, PostgresRetention()) == 6
    async with notifications.worker.transaction(SYSTEM) as tx:
        assert await forget_old_deliveries(30, tx, PostgresRetention()) == 0
    await notifications.take(incoming(offered(), position=6))
    page = await notifications.listed(Inbox.AGENCY, AGENCY)
    assert sequences(page.deliveries) == [4, 5, 6]
    assert page.marks.forgotten_sequence == 3


async def test_pages_of_many_inboxes_come_by_one_statement(notifications: Notifications) -> None:
    one, other = uuid4(), uuid4()
    for agency_id, count in ((one, 5), (other, 3)):
        await notifications.take(
            *[incoming(offered(agency_id), position=position) for position in range(1, count + 1)]
        )
    places = [
        (agency_inbox(one), 0),
        (agency_inbox(one), 3),
        (agency_inbox(other), 1),
        (agency_inbox(uuid4()), 0),
    ]
    pages = await PostgresDeliveries().pages(notifications.worker.pool, places, limit=2)
    assert [sequences(pages[place]) for place in places] == [[1, 2], [4, 5], [2, 3], []]
