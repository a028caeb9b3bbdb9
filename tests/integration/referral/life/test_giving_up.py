"""A holder gives somebody up only after they were tried in earnest, and the place is theirs until then."""

import pytest

from kernel.errors import RuleBroken
from tests.integration.referral.life.test_ends import free, report, taken_up
from tests.support.referral_life import Life, member

pytestmark = pytest.mark.asyncio

REASONS = ["NO_SHOW", "COULD_NOT_CONTACT"]
METHODS = ["ReturnReferral", "CloseNotCompleted"]


async def refused(life: Life, need: object, method: str, reason: str) -> RuleBroken:
    with pytest.raises(RuleBroken) as refusal:
        await report(life, need, method, reason=reason)  # type: ignore[arg-type]  # the need of this life
    return refusal.value


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("reason", REASONS)
async def test_nobody_is_given_up_before_three_attempts_on_two_days_and_the_place_is_held(
    life: Life, method: str, reason: str
) -> None:
    need = await taken_up(life)
    assert (await refused(life, need, method, reason)).metadata == {
        "missing_attempts": "3",
        "missing_days": "2",
        "last_through_sender": "false",
    }
    await life.hear(life.attempted(need), life.attempted(need))
    life.let_pass(days=1)
    await life.hear(life.attempted(need))
    refusal = await refused(life, need, method, reason)
    assert refusal.stable_reason == "CONTACT_ATTEMPTS_MISSING"
    assert refusal.metadata["last_through_sender"] == "false"
    await life.hear(life.attempted(need, by_holder=False))
    refusal = await refused(life, need, method, reason)
    assert refusal.stable_reason == "PLACE_HELD"
    assert (life.state(need), free(life, need)) == ("ACCEPTED", "2"), (
        "all that time the place is the person's"
    )
    life.let_pass(hours=48)
    await report(life, need, method, reason=reason)
    assert life.state(need) in ("MATCHING", "NOT_COMPLETED")
    assert free(life, need) == "3"


async def test_every_attempt_is_heard_once_and_that_somebody_was_reached_begins_anew(life: Life) -> None:
    need = await taken_up(life)
    attempt = life.attempted(need)
    await life.hear(attempt)
    await life.hear(attempt)
    life.let_pass(days=1)
    await life.hear(life.attempted(need, safe=False), life.attempted(need, by_holder=False))
    assert (await refused(life, need, "CloseNotCompleted", "NO_SHOW")).metadata["missing_attempts"] == "1"
    await life.hear(life.attempted(need, reached=True))
    assert (await refused(life, need, "CloseNotCompleted", "NO_SHOW")).metadata["missing_attempts"] == "3"


async def test_what_was_tried_for_another_place_does_not_count_for_this_one(life: Life) -> None:
    need = await taken_up(life)
    await life.hear(life.attempted(need), life.attempted(need))
    life.let_pass(days=1)
    await life.hear(life.attempted(need, by_holder=False))
    life.let_pass(days=3)
    await report(life, need, "ReturnReferral", reason="CAPACITY_LOST")
    await life.work_off()
    await life.call(member(life.offer_to(need)), "AcceptOffer", offer_id=life.offer(need)["offer_id"])
    refusal = await refused(life, need, "CloseNotCompleted", "COULD_NOT_CONTACT")
    assert refusal.metadata["missing_attempts"] == "3"


async def test_an_attempt_of_a_need_in_the_same_batch_is_not_lost_nor_one_of_nobodys_in_the_way(
    life: Life,
) -> None:
    need, unknown = life.need(), life.need()
    await life.hear(life.recorded(need), life.attempted(need), life.attempted(unknown))
    assert life.rows("select referral_id from contact_attempt") == [[str(need.referral_id)]]
