"""A disclosure waits for an acceptance that is on its way, and tells strangers nothing by it."""

import asyncio
from contextlib import _AsyncGeneratorContextManager
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kem.referral.v1 import referral_events_pb2 as facts
from kernel.errors import NotYetKnown
from kernel.ids import AgencyId, NeedId, ReferralId, random_id
from services.intake.adapters.postgres_disclosures import PostgresDisclosures, Standing
from services.intake.domain.held_referral import HeldReferral, Release
from services.intake.domain.need import RecordedNeed
from services.intake.entrypoints.projection import DisclosureFacts
from services.intake.use_cases import get_disclosure as module
from services.intake.use_cases.get_disclosure import Disclosure, GetDisclosure, get_disclosure
from tests.integration.chassis.waiting import until
from tests.support.consented_people import METHOD, OpenIntake, agreement_with, grant, member_of
from tests.support.disclosing import NEEDED, A, B, held_need, is_refused, refusals
from tests.support.referral_facts import incoming


async def _heard(intake: OpenIntake, need: RecordedNeed, agency_id: UUID) -> None:
    """The acceptance comes by the projection's own way, which wakes those who wait for it."""
    fact = facts.ReferralAccepted(agency_id=str(agency_id), offer_id=str(uuid4()))
    event = incoming(fact, referral_id=need.referral_id)
    parts = intake.parts
    reader = DisclosureFacts(parts.held_referrals, parts.needed_categories, parts.holding_news)
    async with intake.worker.transaction(Caller.of_service("intake")) as tx:
        await reader.apply(tx, [event], None)


async def test_an_acceptance_that_has_not_arrived_may_be_asked_for_again(intake: OpenIntake) -> None:
    need = await intake.need(await intake.person())
    await is_refused(intake, need, member_of(A), NotYetKnown, "ACCEPTANCE_NOT_KNOWN")
    assert await refusals(intake) == ["ACCEPTANCE_NOT_KNOWN"]


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
    need, returned = await intake.need(await intake.person()), await held_need(intake, B)
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
    assert await refusals(intake) == ["NOT_HOLDER"] * 3


async def test_what_is_known_already_costs_one_transaction_and_locks_nothing_for_strangers(
    intake: OpenIntake,
) -> None:
    need = await held_need(intake)
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
