"""Disclosure over a real PostgreSQL: what the holder is given, what is refused, and what stays on record."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel import codes
from kernel.errors import RuleBroken
from kernel.vocabulary import Routing
from services.intake.domain.cells import GrantEffect
from tests.integration.chassis.waiting import until
from tests.support.consented_people import (
    COURSES,
    OpenIntake,
    agreement_with,
    bits,
    grant,
    member_of,
    named,
    purposes_without,
)
from tests.support.disclosing import NEEDED, A, held_need, is_refused, refusals


async def test_the_holder_is_given_what_is_needed_and_permitted(intake: OpenIntake) -> None:
    need = await held_need(intake, categories=bits("NAME", "SAFE_CONTACT", "STATUS"))
    caller = member_of(A)
    given = await intake.disclose(need, caller)
    assert given.asked_mask == NEEDED
    assert named(given.given_mask) == {"NAME", "SAFE_CONTACT"}
    assert set(given.fields) == {"names", "contacts"}
    assert given.fields["names"].latin.given == "Amna"


async def test_a_disclosure_names_all_that_it_rested_on(intake: OpenIntake) -> None:
    need, caller = await held_need(intake), member_of(A)
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
    await is_refused(intake, need, member_of(A), RuleBroken, "CONSENT_NOT_IN_FORCE")
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
    need = await held_need(intake)
    await intake.disclose(need, member_of(A))
    [row] = await intake.rows("select beneficiary_id from need")
    await intake.withdraw(row["beneficiary_id"])
    await is_refused(intake, need, member_of(A), RuleBroken, "CONSENT_NOT_IN_FORCE")
    assert await refusals(intake) == ["CONSENT_NOT_IN_FORCE"]


async def test_for_a_need_that_was_withdrawn_nothing_is_given_though_it_was_accepted(
    intake: OpenIntake,
) -> None:
    need = await held_need(intake)
    await intake.withdraw_need(need)
    await is_refused(intake, need, member_of(A), RuleBroken, "NEED_WITHDRAWN")
    assert await refusals(intake) == ["NEED_WITHDRAWN"]
    [row] = await intake.rows("select need_id, given_mask from disclosure")
    assert (row["need_id"], row["given_mask"]) == (need.need_id, 0)


async def test_a_disclosure_that_waited_for_a_withdrawal_of_the_need_sees_it(intake: OpenIntake) -> None:
    need = await held_need(intake)
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
    await is_refused(intake, need, member_of(A), RuleBroken, "CONSENT_NOT_IN_FORCE")
    end_time = datetime.now(UTC) + timedelta(seconds=1)
    await intake.consent(person, grant(A), valid_until_time=end_time)
    assert (await intake.disclose(need, member_of(A))).given_mask
    await until(lambda: datetime.now(UTC) > end_time)
    await is_refused(intake, need, member_of(A), RuleBroken, "CONSENT_NOT_IN_FORCE")


async def test_without_an_agreement_consent_does_not_help(intake: OpenIntake) -> None:
    need = await held_need(intake)
    await intake.agree(agreement_with(A, valid_until_time=datetime(2021, 1, 1, tzinfo=UTC)))
    await is_refused(intake, need, member_of(A), RuleBroken, "NO_AGREEMENT")
    await intake.agree(agreement_with(A, purposes=purposes_without(COURSES)))
    await is_refused(intake, need, member_of(A), RuleBroken, "NO_AGREEMENT")
    await intake.agree(agreement_with(A, categories=bits("NAME")))
    assert (await intake.disclose(need, member_of(A))).given_mask == bits("NAME")
    assert await refusals(intake) == ["NO_AGREEMENT", "NO_AGREEMENT"]


async def test_of_an_erased_person_nothing_is_given(intake: OpenIntake) -> None:
    need = await held_need(intake)
    async with intake.worker.transaction(intake.desk) as tx:
        await tx.connection.execute("delete from data_key")
    await is_refused(intake, need, member_of(A), RuleBroken, "BENEFICIARY_ERASED")
    async with intake.worker.transaction(intake.desk) as tx:
        await tx.connection.execute("update beneficiary set erased_time = clock_timestamp()")
    await is_refused(intake, need, member_of(A), RuleBroken, "BENEFICIARY_ERASED")
    assert await refusals(intake) == ["BENEFICIARY_ERASED", "BENEFICIARY_ERASED"]
