"""What is due to be destroyed, and what holds it back, over a real PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kernel.errors import Invalid, NotFound, NotPermitted, RuleBroken
from services.intake.domain.held_referral import Release
from services.intake.domain.retention import RetentionRule, RetentionStart
from services.intake.domain.rights_request import Right
from tests.support.complaints import Complaints
from tests.support.consented_people import agreement_with, bits, grant
from tests.support.merges import Merges
from tests.support.recalls import Recalls
from tests.support.retention import MONTH, YEAR, Retention
from tests.support.rights import Rights
from tests.support.telephone import A
from tests.support.vault import KEM, worker_of


async def test_each_category_is_due_when_its_own_time_is_over(retention: Retention) -> None:
    await retention.intake.person()
    assert await retention.due() == {}
    for passed, due in (
        (YEAR, {"contact": 1}),
        (YEAR, {"contact": 1, "sensitive": 1}),
        (3 * YEAR, {"contact": 1, "sensitive": 1, "core": 1}),
    ):
        await retention.time_passes(passed)
        assert await retention.due() == due
    look = await retention.look()
    contact = next(one.standing for one in look.standings if one.rule.key_class == "contact")
    assert (contact.due_values, contact.overdue_people, look.waiting_people) == (1, 1, 1)
    assert contact.due_since_time is not None
    assert datetime.now(UTC) - contact.due_since_time > 4 * YEAR - MONTH


async def test_it_is_overdue_only_after_some_days_more(retention: Retention) -> None:
    await retention.intake.person()
    await retention.time_passes(timedelta(days=370))
    [contact] = [one.standing for one in (await retention.look()).standings if one.standing.due_people]
    assert (contact.key_class, contact.overdue_people) == ("contact", 0)


async def test_an_open_case_holds_back_and_its_end_begins_the_time(retention: Retention) -> None:
    person = await retention.intake.person()
    need = await retention.intake.need(person)
    await retention.time_passes(6 * YEAR)
    assert (await retention.due(), await retention.held_back()) == ({}, {"OPEN_CASE"})
    await retention.intake.follow(Release(need.referral_id, 3, datetime.now(UTC), is_end=False))
    assert await retention.held_back() == {"OPEN_CASE"}, "what was returned is offered to the next"
    await retention.ended(need)
    assert (await retention.due(), await retention.held_back()) == ({"contact": 1}, set())
    await retention.time_passes(2 * YEAR + MONTH)
    assert await retention.due() == {"contact": 1, "sensitive": 1}


async def test_whatever_is_recorded_begins_the_time_anew(retention: Retention) -> None:
    person = await retention.intake.person()
    await retention.time_passes(3 * YEAR)
    need = await retention.intake.need(person)
    await retention.intake.withdraw_need(need)
    assert (await retention.due(), await retention.held_back()) == ({}, set())


async def test_what_is_permitted_still_is_held_back(retention: Retention) -> None:
    person = await retention.intake.person()
    await retention.intake.agree(agreement_with(A))
    now = datetime.now(UTC)
    await retention.intake.consent(
        person, grant(A, bits("NAME")), valid_from_time=now, valid_until_time=now + 11 * MONTH
    )
    short = [replace(rule, months=1) for rule in await rules_of(retention)]
    await retention.save(*short)
    await retention.time_passes(2 * MONTH)
    assert (await retention.due(), await retention.held_back()) == ({}, {"CONSENT_IN_FORCE"})
    await retention.time_passes(10 * MONTH)
    assert await retention.due() == {"contact": 1, "sensitive": 1, "core": 1}


async def test_who_somebody_was_goes_last(retention: Retention) -> None:
    await retention.intake.person()
    rules = [
        replace(rule, months=1 if rule.key_class == "core" else 24) for rule in await rules_of(retention)
    ]
    await retention.save(*rules)
    await retention.time_passes(YEAR)
    assert await retention.due() == {}
    await retention.time_passes(YEAR + MONTH)
    assert set(await retention.due()) == {"contact", "sensitive", "core"}


async def test_what_somebody_asks_or_complains_of_holds_back_until_it_is_answered(
    retention: Retention,
) -> None:
    rights, complaints = Rights(retention.intake), Complaints(retention.intake)
    person, other = await retention.intake.person(), await retention.intake.person()
    asked = await rights.register(person, Right.RESTRICTION)
    complained = await complaints.register(person=other)
    await retention.time_passes(6 * YEAR)
    assert await retention.due() == {}
    assert await retention.held_back() == {"RIGHTS_REQUEST", "COMPLAINT"}
    await rights.answer(asked.rights_request_id)
    await complaints.answer(complained.complaint_id)
    await retention.time_passes(6 * YEAR)
    assert await retention.held_back() == {"RESTRICTION"}
    assert (await retention.due())["core"] == 1, "the one who complained"


async def test_what_agencies_have_not_answered_holds_back(retention: Retention, recalls: Recalls) -> None:
    person = await recalls.person_who_allows(A)
    need = await recalls.given(person, A)
    await retention.intake.withdraw(person)
    await retention.ended(need)
    await retention.time_passes(6 * YEAR)
    assert (await retention.due(), await retention.held_back()) == ({}, {"RECALL"})
    [recall] = await recalls.open()
    await recalls.answer(recall)
    assert (await retention.due(), await retention.held_back()) == ({}, set())
    await retention.time_passes(6 * YEAR)
    assert await retention.due() == {"contact": 1, "sensitive": 1, "core": 1}


async def test_a_hold_holds_back_until_it_is_lifted_and_keeps_from_an_erasure(retention: Retention) -> None:
    person = await retention.intake.person()
    hold = await retention.hold(person)
    await retention.time_passes(6 * YEAR)
    assert (await retention.due(), await retention.held_back()) == ({}, {"LEGAL_HOLD"})
    assert (await retention.destroy()).destruction_id is None
    await retention.lift(hold)
    assert (await retention.due())["core"] == 1, "a hold begins no time anew"
    with pytest.raises(NotFound):
        await retention.lift(hold)
    facts = [
        DisclosureEvent.FromString(row["payload"])
        for row in await retention.intake.told("RetentionHoldPlaced", "RetentionHoldLifted")
    ]
    assert [one.aggregate_version for one in facts] == [1, 2]
    assert facts[0].retention_hold_placed.ground == "LEGAL_CLAIM"
    assert str(person).encode() not in facts[0].SerializeToString()


async def test_records_of_one_person_count_together_and_the_latest_counts(retention: Retention) -> None:
    first = await retention.intake.person()
    await retention.time_passes(3 * YEAR)
    second = await retention.intake.person()
    await Merges(retention.intake).merge(second, first)
    await retention.time_passes(3 * YEAR)
    assert await retention.due() == {"contact": 1, "sensitive": 1}
    hold = await retention.hold(first)
    await retention.time_passes(3 * YEAR)
    assert await retention.held_back() == {"LEGAL_HOLD"}
    await retention.lift(hold)
    assert await retention.due() == {"contact": 1, "sensitive": 1, "core": 1}


async def test_rules_are_saved_whole_by_the_hubs_officer_with_their_sources(retention: Retention) -> None:
    rules = await rules_of(retention)
    with pytest.raises(Invalid) as refusal:
        await retention.save(*rules[1:])
    assert refusal.value.stable_reason == "RETENTION_RULES_INCOMPLETE"
    with pytest.raises(Invalid) as refusal:
        await retention.save(*(replace(rule, source=" ") for rule in rules))
    assert refusal.value.stable_reason == "RETENTION_RULE_WITHOUT_SOURCE"
    for by in (worker_of(KEM, "dpo"), worker_of(uuid4(), "dpo")):
        with pytest.raises(NotPermitted):
            await retention.save(*rules, by=by)
    changed = [replace(rule, start=RetentionStart.CONSENT_ENDED) for rule in rules]
    assert await retention.save(*changed) == 2
    assert await rules_of(retention) == changed
    [fact] = await retention.intake.told("RetentionRulesSaved")
    assert DisclosureEvent.FromString(fact["payload"]).retention_rules_saved.rules_version == 2


async def test_only_the_hubs_officers_look_and_who_looked_by_other_rules_looks_again(
    retention: Retention,
) -> None:
    await retention.intake.person()
    await retention.time_passes(2 * YEAR)
    with pytest.raises(NotPermitted):
        await retention.look(by=worker_of(KEM, "dpo"))
    with pytest.raises(NotPermitted):
        await retention.destroy(by=worker_of(KEM, "dpo"))
    with pytest.raises(RuleBroken) as refusal:
        await retention.destroy(rules_version=7)
    assert refusal.value.stable_reason == "RETENTION_RULES_CHANGED"


async def rules_of(retention: Retention) -> list[RetentionRule]:
    return [one.rule for one in (await retention.look()).standings]
