"""A hold and a destruction of the same person at once: whichever comes first counts, and never both."""

import asyncio
from collections.abc import Awaitable

import pytest

from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId
from tests.support.merges import Merges
from tests.support.retention import MONTH, YEAR, Retention

PEOPLE = 8
# what holds something back stood before it was destroyed
_BOTH = """
    select gone.beneficiary_id from destroyed_key as gone join retention_hold as hold using (beneficiary_id)
    where hold.placed_time <= gone.destroyed_time
"""


async def at_once(retention: Retention, held: list[BeneficiaryId], *, most: int) -> list[str]:
    """Holds for these people while everybody who is due is destroyed; answers why some were refused."""

    async def refused(hold: Awaitable[object]) -> str:
        try:
            await hold
        except RuleBroken as refusal:
            return refusal.stable_reason
        return ""

    async def destroy() -> None:
        while (await retention.destroy(most=most)).waiting_people:
            pass

    async with asyncio.timeout(120):
        answers, _, _ = await asyncio.gather(
            asyncio.gather(*(refused(retention.hold(person)) for person in held)), destroy(), destroy()
        )
    return [answer for answer in answers if answer]


async def has_contacts(retention: Retention, person: BeneficiaryId) -> bool:
    return bool((await retention.fields(person) or {})["contacts"])


@pytest.mark.parametrize("most", [1, 50])
async def test_a_hold_keeps_whatever_was_not_destroyed_before_it(retention: Retention, most: int) -> None:
    people = [await retention.intake.person() for _ in range(PEOPLE)]
    await retention.time_passes(YEAR + MONTH)
    assert await at_once(retention, people[::2], most=most) == []
    assert await retention.intake.rows(_BOTH) == []
    gone = {row["beneficiary_id"] for row in await retention.intake.rows("select * from destroyed_key")}
    assert set(people[1::2]) <= gone
    for person in people:
        assert await has_contacts(retention, person) == (person not in gone)


async def test_whoever_was_erased_first_is_held_no_more_and_whoever_is_held_is_not_erased(
    retention: Retention,
) -> None:
    people = [await retention.intake.person() for _ in range(PEOPLE)]
    await retention.time_passes(6 * YEAR)
    refusals = await at_once(retention, people, most=2)
    assert set(refusals) <= {"BENEFICIARY_ERASED"}
    held = {row["beneficiary_id"] for row in await retention.intake.rows("select * from retention_hold")}
    assert len(held) + len(refusals) == PEOPLE
    for person in people:
        assert (await retention.fields(person) is not None) == (person in held)


async def test_a_hold_on_one_record_keeps_the_other_of_the_person(retention: Retention) -> None:
    pairs = [(await retention.intake.person(), await retention.intake.person()) for _ in range(4)]
    for kept, merged in pairs:
        await Merges(retention.intake).merge(kept, merged)
    await retention.time_passes(YEAR + MONTH)
    assert await at_once(retention, [merged for _, merged in pairs], most=1) == []
    gone = {row["beneficiary_id"] for row in await retention.intake.rows("select * from destroyed_key")}
    for pair in pairs:
        assert len(gone & set(pair)) in (0, 2)
    assert await retention.intake.rows(_BOTH) == []
