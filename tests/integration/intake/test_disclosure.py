"""Disclosure over a real PostgreSQL: who is given what, what is refused, and what stays on record."""

import asyncio
from contextlib import _AsyncGeneratorContextManager
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kem.referral.v1 import referral_events_pb2 as facts
from kernel import codes
from kernel.errors import Conflict, KemError, NotYetKnown, RuleBroken
from kernel.ids import AgencyId, NeedId, ReferralId, random_id
from kernel.vocabulary import Routing
from services.intake.adapters.postgres_disclosures import PostgresDisclosures, Standing
from services.intake.domain.cells import GrantEffect
from services.intake.domain.held_referral import HeldReferral, Release
from services.intake.domain.need import RecordedNeed
from services.intake.entrypoints.projection import DisclosureFacts
from services.intake.use_cases import get_disclosure as module
from services.intake.use_cases.get_disclosure import Disclosure, GetDisclosure, get_disclosure
from tests.integration.chassis.waiting import until
from tests.support.consented_people import (
    COURSES,
    EVERYTHING,
    METHOD,
    OpenIntake,
    agreement_with,
    bits,
    grant,
    member_of,
    named,
    purposes_without,
)
from tests.support.referral_facts import incoming

A, B = uuid4(), uuid4()
NEEDED = codes.service_type("GREEK_A1").needed_mask


async def _held(intake: OpenIntake, agency_id: UUID = A, categories: int = EVERYTHING) -> RecordedNeed:
    """A referral that the agency holds, with an agreement and consent to these categories."""
    person = await intake.person()
    await intake.agree(agreement_with(agency_id))
    await intake.consent(person, grant(agency_id, categories))
    need = await intake.need(person)
    await intake.accepted(need, agency_id)
    return need


async def _heard(intake: OpenIntake, need: RecordedNeed, agency_id: UUID) -> None:
    """The acceptance comes by the projection's own way, which wakes those who wait for it."""
    fact = facts.ReferralAccepted(agency_id=str(agency_id), offer_id=str(uuid4()))
    event = incoming(fact, referral_id=need.referral_id)
    parts = intake.parts
    reader = DisclosureFacts(parts.held_referrals, parts.needed_categories, parts.holding_news)
    async with intake.worker.transaction(Caller.of_service("intake")) as tx:
        await reader.apply(tx, [event], None)


async def _refusals(intake: OpenIntake) -> list[str]:
    """Reasons of the refusals that were told, which must be those on record."""
    rows = await intake.rows(
        "select refusal_reason from disclosure where outcome = 'REFUSED' order by disclosed_time"
    )
    told = [
        DisclosureEvent.FromString(row["payload"]).disclosure_refused.reason
        for row in await intake.told("DisclosureRefused")
    ]
    assert told == [row["refusal_reason"] for row in rows]
    return told


async def _is_refused(
    intake: OpenIntake, need: RecordedNeed, caller: Caller, kind: type[KemError], reason: str
) -> None:
    with pytest.raises(kind) as refusal:
        await intake.disclose(need, caller)
    assert refusal.value.stable_reason == reason


async def test_the_holder_is_given_what_is_needed_and_permitted(intake: OpenIntake) -> None:
    need = await _held(intake, categories=bits("NAME", "SAFE_CONTACT", "STATUS"))
    caller = member_of(A)
    given = await intake.disclose(need, caller)
    assert given.asked_mask == NEEDED
    assert named(given.given_mask) == {"NAME", "SAFE_CONTACT"}
    assert set(given.fields) == {"names", "contacts"}
    assert given.fields["names"].latin.given == "Amna"


async def test_a_disclosure_names_all_that_it_rested_on(intake: OpenIntake) -> None:
    need, caller = await _held(intake), member_of(A)
    given = await intake.disclose(need, caller)
    [row] = await intake.rows("select * from disclosure")
    [cell] = await intake.rows("select * from grant_cell")
    assert row["disclosure_id"] == given.disclosure_id
    assert (row["asked_mask"], row["given_mask"]) == (given.asked_mask, given.given_mask)
    assert (row["cell_ids"], row["consent_event_ids"]) == ([cell["cell_id"]], [cell["consent_event_id"]])
    assert (row["legal_bases"], row["purpose"], row["agreement_version"]) == (["CONSENT"], COURSES, 1)
    assert (row["agency_id"], row["principal_id"]) == (A, caller.principal_id)
    [told] = await intake.told("DisclosureGiven")
    fact = DisclosureEvent.FromString(told["payload"]).disclosure_given
    assert (fact.referral_id, fact.given_mask) == (str(need.referral_id), given.given_mask)
    assert len(await intake.told("AccessRecorded")) == 1


async def test_an_assessment_sees_name_languages_and_safe_contact_only(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.agree(agreement_with(A))
    await intake.consent(person, grant(A))
    need = await intake.need(person)
    first = await intake.accepted(need, A, for_assessment=True)
    assert (await intake.disclose(need, member_of(A))).given_mask == codes.ASSESSMENT_MASK
    await intake.accepted(need, A, version=2, offer_id=first.offer_id)
    assert (await intake.disclose(need, member_of(A))).given_mask == NEEDED


async def test_a_restricted_service_s_purpose_and_needs_follow_from_the_need(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.agree(agreement_with(A))
    await intake.consent(person, grant(A, purpose="SERVICE_PROTECTION"))
    need = await intake.need(person, service_type="GBV_SHELTER", routing=Routing.ASK_FIRST)
    await intake.accepted(need, A)
    given = await intake.disclose(need, member_of(A))
    assert given.purpose == "SERVICE_PROTECTION"
    assert given.asked_mask == codes.service_type("GBV_SHELTER").needed_mask
    [told] = await intake.told("DisclosureGiven")
    fact = DisclosureEvent.FromString(told["payload"]).disclosure_given
    assert (fact.asked_mask, fact.given_mask) == (0, 0)  # they would tell the kind of service
    await intake.withdraw(person)
    await _is_refused(intake, need, member_of(A), RuleBroken, "CONSENT_NOT_IN_FORCE")
    [told] = await intake.told("DisclosureRefused")
    assert DisclosureEvent.FromString(told["payload"]).disclosure_refused.asked_mask == 0
    rows = await intake.rows("select asked_mask from disclosure")
    assert {row["asked_mask"] for row in rows} == {given.asked_mask}


async def test_a_denial_wins_over_every_permit(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.agree(agreement_with(A))
    await intake.consent(person, grant(A))
    await intake.consent(person, grant(A, bits("NAME"), effect=GrantEffect.DENY))
    need = await intake.need(person)
    await intake.accepted(need, A)
    given = await intake.disclose(need, member_of(A))
    assert given.given_mask == NEEDED & ~bits("NAME")
    assert "names" not in given.fields


async def test_after_a_withdrawal_nothing_is_given_and_the_refusal_is_recorded(intake: OpenIntake) -> None:
    need = await _held(intake)
    await intake.disclose(need, member_of(A))
    [row] = await intake.rows("select beneficiary_id from need")
    await intake.withdraw(row["beneficiary_id"])
    await _is_refused(intake, need, member_of(A), RuleBroken, "CONSENT_NOT_IN_FORCE")
    assert await _refusals(intake) == ["CONSENT_NOT_IN_FORCE"]


async def test_for_a_need_that_was_withdrawn_nothing_is_given_though_it_was_accepted(
    intake: OpenIntake,
) -> None:
    need = await _held(intake)
    await intake.withdraw_need(need)
    await _is_refused(intake, need, member_of(A), RuleBroken, "NEED_WITHDRAWN")
    assert await _refusals(intake) == ["NEED_WITHDRAWN"]
    [row] = await intake.rows("select need_id, given_mask from disclosure")
    assert (row["need_id"], row["given_mask"]) == (need.need_id, 0)


async def test_a_disclosure_that_waited_for_a_withdrawal_of_the_need_sees_it(intake: OpenIntake) -> None:
    need = await _held(intake)
    async with intake.database.transaction(intake.desk) as tx:
        await intake.withdraw_need(need, tx)
        asking = asyncio.create_task(intake.disclose(need, member_of(A)))
        while not await intake.rows("select from pg_locks where not granted"):
            assert not asking.done()
    with pytest.raises(RuleBroken) as refusal:
        await asking
    assert refusal.value.stable_reason == "NEED_WITHDRAWN"


async def test_consent_that_has_not_begun_or_has_ended_gives_nothing(intake: OpenIntake) -> None:
    person, now = await intake.person(), datetime.now(UTC)
    await intake.agree(agreement_with(A))
    await intake.consent(person, grant(A), valid_from_time=now + timedelta(hours=1))
    need = await intake.need(person)
    await intake.accepted(need, A)
    await _is_refused(intake, need, member_of(A), RuleBroken, "CONSENT_NOT_IN_FORCE")
    end_time = datetime.now(UTC) + timedelta(seconds=1)
    await intake.consent(person, grant(A), valid_until_time=end_time)
    assert (await intake.disclose(need, member_of(A))).given_mask
    await until(lambda: datetime.now(UTC) > end_time)
    await _is_refused(intake, need, member_of(A), RuleBroken, "CONSENT_NOT_IN_FORCE")


async def test_without_an_agreement_consent_does_not_help(intake: OpenIntake) -> None:
    need = await _held(intake)
    await intake.agree(agreement_with(A, valid_until_time=datetime(2021, 1, 1, tzinfo=UTC)))
    await _is_refused(intake, need, member_of(A), RuleBroken, "NO_AGREEMENT")
    await intake.agree(agreement_with(A, purposes=purposes_without(COURSES)))
    await _is_refused(intake, need, member_of(A), RuleBroken, "NO_AGREEMENT")
    await intake.agree(agreement_with(A, categories=bits("NAME")))
    assert (await intake.disclose(need, member_of(A))).given_mask == bits("NAME")
    assert await _refusals(intake) == ["NO_AGREEMENT", "NO_AGREEMENT"]


async def test_who_does_not_hold_the_referral_cannot_tell_it_from_none_nor_when_it_is_taken(
    intake: OpenIntake,
) -> None:
    held, ended = await _held(intake, A), await intake.need(await intake.person())
    unanswered = await intake.need(await intake.person())
    await intake.follow(Release(ended.referral_id, 2, datetime.now(UTC)))
    nothing = RecordedNeed(NeedId(random_id()), ReferralId(random_id()))
    told = set()
    for wanted in (held, ended, unanswered, nothing):
        with pytest.raises(NotYetKnown) as refusal:
            await intake.disclose(wanted, member_of(B))
        one = refusal.value
        told.add((one.message, one.stable_reason, one.retry_delay_seconds, *sorted(one.metadata.items())))
    assert len(told) == 1
    assert await _refusals(intake) == ["NOT_HOLDER", "NOT_HOLDER", "ACCEPTANCE_NOT_KNOWN", "NOT_HOLDER"]
    rows = await intake.rows("select beneficiary_id, asked_mask from disclosure")
    assert all(row["beneficiary_id"] is None and row["asked_mask"] == 0 for row in rows)


async def test_the_sender_itself_is_no_holder(intake: OpenIntake) -> None:
    await _is_refused(intake, await _held(intake), intake.desk, NotYetKnown, "ACCEPTANCE_NOT_KNOWN")


async def test_a_referral_that_was_returned_or_has_ended_is_no_longer_held(intake: OpenIntake) -> None:
    need = await _held(intake)
    await intake.follow(Release(need.referral_id, 2, datetime.now(UTC)))
    await _is_refused(intake, need, member_of(A), NotYetKnown, "ACCEPTANCE_NOT_KNOWN")
    await intake.agree(agreement_with(B))
    await intake.accepted(need, B, version=3)
    await _is_refused(intake, need, member_of(A), NotYetKnown, "ACCEPTANCE_NOT_KNOWN")
    await _is_refused(intake, need, member_of(B), RuleBroken, "CONSENT_NOT_IN_FORCE")


async def test_what_comes_late_opens_nothing(intake: OpenIntake) -> None:
    need = await intake.need(await intake.person())
    await intake.follow(Release(need.referral_id, 5, datetime.now(UTC)))
    await intake.accepted(need, A, version=4)
    await _is_refused(intake, need, member_of(A), NotYetKnown, "ACCEPTANCE_NOT_KNOWN")


async def test_an_acceptance_that_has_not_arrived_may_be_asked_for_again(intake: OpenIntake) -> None:
    need = await intake.need(await intake.person())
    await _is_refused(intake, need, member_of(A), NotYetKnown, "ACCEPTANCE_NOT_KNOWN")
    assert await _refusals(intake) == ["ACCEPTANCE_NOT_KNOWN"]


class Watched(PostgresDisclosures):
    """Notes each look."""

    def __init__(self) -> None:
        self.looks = 0

    async def hold_still(
        self, tx: Transaction, referral_id: ReferralId, agency_id: AgencyId
    ) -> tuple[HeldReferral, Standing] | None:
        found = await super().hold_still(tx, referral_id, agency_id)
        self.looks += 1
        return found


def _ask(
    intake: OpenIntake, need: RecordedNeed, caller: Caller, watched: Watched, wait_seconds: float = 10
) -> asyncio.Task[Disclosure]:
    parts = replace(intake.disclosure_parts, disclosures=watched)
    command = GetDisclosure(uuid4(), need.referral_id)
    return asyncio.create_task(get_disclosure(command, caller, METHOD, parts, wait_seconds=wait_seconds))


async def test_an_acceptance_on_its_way_is_waited_for_and_wakes_whoever_waits(
    intake: OpenIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_AGAIN_SECONDS", 60)  # nothing but the news can end the wait
    person = await intake.person()
    await intake.agree(agreement_with(A))
    await intake.consent(person, grant(A))
    need, watched = await intake.need(person), Watched()
    asking = _ask(intake, need, member_of(A), watched, wait_seconds=60)
    await until(lambda: watched.looks == 1)
    await _heard(intake, need, A)
    assert (await asyncio.wait_for(asking, 30)).given_mask == NEEDED
    assert watched.looks == 2


async def test_an_acceptance_that_another_process_heard_of_is_found_by_looking_again(
    intake: OpenIntake,
) -> None:
    person = await intake.person()
    await intake.agree(agreement_with(A))
    await intake.consent(person, grant(A))
    need, watched = await intake.need(person), Watched()
    asking = _ask(intake, need, member_of(A), watched, wait_seconds=60)
    await until(lambda: watched.looks == 1)
    await intake.accepted(need, A)
    assert (await asyncio.wait_for(asking, 30)).given_mask == NEEDED


async def test_strangers_and_former_holders_are_refused_after_the_same_time_whatever_happens_meanwhile(
    intake: OpenIntake,
) -> None:
    need, returned = await intake.need(await intake.person()), await _held(intake, B)
    await intake.follow(Release(returned.referral_id, 2, datetime.now(UTC)))
    nothing = RecordedNeed(NeedId(random_id()), ReferralId(random_id()))
    wait_seconds, watched, clock = 0.4, Watched(), asyncio.get_running_loop().time

    async def seconds_until_refused(wanted: RecordedNeed) -> float:
        began = clock()
        with pytest.raises(NotYetKnown):
            await _ask(intake, wanted, member_of(B), watched, wait_seconds)
        return clock() - began

    asking = asyncio.gather(*map(seconds_until_refused, (need, returned, nothing)))
    await until(lambda: watched.looks == 3)
    await _heard(intake, need, A)
    await until(lambda: watched.looks == 4)  # woken, and shown nothing
    assert min(await asking) >= wait_seconds
    assert await _refusals(intake) == ["NOT_HOLDER"] * 3


async def test_what_is_known_already_costs_one_transaction_and_locks_nothing_for_strangers(
    intake: OpenIntake,
) -> None:
    need = await _held(intake)
    transactions: list[Caller] = []

    class Counted(Database):
        def transaction(
            self, caller: Caller, *, lock_wait_milliseconds: int | None = None
        ) -> _AsyncGeneratorContextManager[Transaction]:
            transactions.append(caller)
            return super().transaction(caller, lock_wait_milliseconds=lock_wait_milliseconds)

    counted = copy(intake.database)
    counted.__class__ = Counted
    parts = replace(intake.disclosure_parts, database=counted)
    await get_disclosure(GetDisclosure(uuid4(), need.referral_id), member_of(A), METHOD, parts)
    assert len(transactions) == 1
    async with intake.database.transaction(member_of(B)) as tx:
        assert await PostgresDisclosures().hold_still(tx, need.referral_id, AgencyId(B)) is None
        # neither by its own name nor by the holder's: row-level security holds inside the function too
        assert await PostgresDisclosures().hold_still(tx, need.referral_id, AgencyId(A)) is None
        await intake.withdraw_need(need)  # does not wait


async def test_a_repeat_makes_no_second_row_and_is_decided_anew(intake: OpenIntake) -> None:
    need, caller, request_id = await _held(intake), member_of(A), uuid4()
    first = await intake.disclose(need, caller, request_id=request_id)
    again = await intake.disclose(need, caller, request_id=request_id)
    assert (again.disclosure_id, again.disclosed_time) == (first.disclosure_id, first.disclosed_time)
    [row] = await intake.rows("select beneficiary_id from need")
    await intake.consent(row["beneficiary_id"], grant(A, bits("NAME"), effect=GrantEffect.DENY))
    less = await intake.disclose(need, caller, request_id=request_id)
    assert less.given_mask == first.given_mask & ~bits("NAME")
    await intake.withdraw(row["beneficiary_id"])
    with pytest.raises(RuleBroken):
        await intake.disclose(need, caller, request_id=request_id)
    assert len(await intake.rows("select from disclosure where outcome = 'GIVEN'")) == 1
    assert len(await intake.told("DisclosureGiven")) == 1
    assert len(await intake.told("AccessRecorded")) == 3


async def test_a_repeat_after_the_confirmation_answers_what_was_asked_before_it(intake: OpenIntake) -> None:
    person = await intake.person()
    await intake.agree(agreement_with(A))
    await intake.consent(person, grant(A, EVERYTHING))
    need, caller, request_id = await intake.need(person), member_of(A), uuid4()
    taken_up = await intake.accepted(need, A, for_assessment=True)
    first = await intake.disclose(need, caller, request_id=request_id)
    await intake.accepted(need, A, version=2, offer_id=taken_up.offer_id)
    again = await intake.disclose(need, caller, request_id=request_id)
    assert (again.asked_mask, again.given_mask) == (first.asked_mask, first.given_mask)
    anew = await intake.disclose(need, caller)
    assert anew.asked_mask == NEEDED


async def test_the_same_request_at_once_makes_one_disclosure(intake: OpenIntake) -> None:
    need, caller, request_id = await _held(intake), member_of(A), uuid4()
    given = await asyncio.gather(*(intake.disclose(need, caller, request_id=request_id) for _ in range(6)))
    assert len({one.disclosure_id for one in given}) == 1
    assert len(await intake.told("DisclosureGiven")) == 1


async def test_a_request_id_cannot_be_used_for_another_referral(intake: OpenIntake) -> None:
    one, other, caller, request_id = await _held(intake), await _held(intake), member_of(A), uuid4()
    await intake.disclose(one, caller, request_id=request_id)
    with pytest.raises(Conflict) as refusal:
        await intake.disclose(other, caller, request_id=request_id)
    assert refusal.value.stable_reason == "REQUEST_ID_REUSED"


async def test_of_an_erased_person_nothing_is_given(intake: OpenIntake) -> None:
    need = await _held(intake)
    async with intake.worker.transaction(intake.desk) as tx:
        await tx.connection.execute("delete from data_key")
    await _is_refused(intake, need, member_of(A), RuleBroken, "BENEFICIARY_ERASED")
    async with intake.worker.transaction(intake.desk) as tx:
        await tx.connection.execute("update beneficiary set erased_time = clock_timestamp()")
    await _is_refused(intake, need, member_of(A), RuleBroken, "BENEFICIARY_ERASED")
    assert await _refusals(intake) == ["BENEFICIARY_ERASED", "BENEFICIARY_ERASED"]


async def test_sealed_records_open_to_another_agency_only_while_it_holds_a_referral(
    intake: OpenIntake,
) -> None:
    need = await _held(intake, A)
    [row] = await intake.rows("select beneficiary_id from need")

    async def seen_by(agency_id: UUID) -> bool:
        async with intake.database.transaction(member_of(agency_id)) as tx:
            rows = await tx.connection.fetch(
                "select from records_of_people($1, $2)", [row["beneficiary_id"]], list(codes.CATEGORIES)
            )
            return bool(rows)

    assert await seen_by(A)
    assert not await seen_by(B)
    await intake.follow(Release(need.referral_id, 2, datetime.now(UTC)))
    assert not await seen_by(A)


async def test_an_agency_sees_its_own_disclosures_and_holdings_only(intake: OpenIntake) -> None:
    need = await _held(intake, A)
    await intake.disclose(need, member_of(A))
    for agency_id, count in ((A, 1), (B, 0)):
        async with intake.database.transaction(member_of(agency_id)) as tx:
            for table in ("disclosure", "held_referral"):
                assert len(await tx.connection.fetch(f"select from {table}")) == count
    for statement in ("update disclosure set given_mask = 0", "delete from disclosure"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await intake.rows(statement)
