"""A disclosure that is asked for again: one row on record, decided anew."""

import asyncio
from uuid import uuid4

import pytest

from kernel.errors import Conflict, RuleBroken
from services.intake.domain.cells import GrantEffect
from tests.support.consented_people import EVERYTHING, OpenIntake, agreement_with, bits, grant, member_of
from tests.support.disclosing import NEEDED, A, held_need


async def test_a_repeat_makes_no_second_row_and_is_decided_anew(intake: OpenIntake) -> None:
    need, caller, request_id = await held_need(intake), member_of(A), uuid4()
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
    need, caller, request_id = await held_need(intake), member_of(A), uuid4()
    given = await asyncio.gather(*(intake.disclose(need, caller, request_id=request_id) for _ in range(6)))
    assert len({one.disclosure_id for one in given}) == 1
    assert len(await intake.told("DisclosureGiven")) == 1


async def test_a_request_id_cannot_be_used_for_another_referral(intake: OpenIntake) -> None:
    one, other, caller, request_id = await held_need(intake), await held_need(intake), member_of(A), uuid4()
    await intake.disclose(one, caller, request_id=request_id)
    with pytest.raises(Conflict) as refusal:
        await intake.disclose(other, caller, request_id=request_id)
    assert refusal.value.stable_reason == "REQUEST_ID_REUSED"
