"""The story: a service is upgraded and tells a fact that its reader, not yet upgraded, does not know.
The breakage: the reader meets a fact newer than itself.
What must still hold: the fact is parked, the others go on, and the upgraded reader takes it when it starts.
"""

from chassis.batch_reader import NEWER_THAN_READER
from tests.fault.facts import Trouble
from tests.fault.stage import Account, Stage

_NEWER_AT = 15  # of two rounds of twelve: the last of its key, so that its order can be kept


async def across_an_upgrade(stage: Stage, way: str) -> tuple[Account, Account]:
    """The accounts before and after the reader's upgrade."""
    old = await stage.start(way)
    await old.said("ready")
    facts = await stage.tell_round(2, {_NEWER_AT: Trouble.NEWER})
    await stage.until_effect_of(facts[:_NEWER_AT] + facts[_NEWER_AT + 1 :])
    before = await stage.account()
    await old.end()
    await stage.start(way, reads_newer=True)
    await stage.until_told_is_past()
    return before, await stage.account()


async def test_a_newer_fact_is_parked_and_taken_after_the_upgrade(stage: Stage) -> None:
    before, after = await across_an_upgrade(stage, "stream")
    assert list(before.set_aside.values()) == [(NEWER_THAN_READER, 1)]
    assert after.is_clean, after
    assert not after.set_aside


async def test_a_reader_that_skips_what_it_does_not_know_loses_the_fact(stage: Stage) -> None:
    _, after = await across_an_upgrade(stage, "skipping")
    assert [fact.trouble for fact in after.lost] == [Trouble.NEWER], "this test could not have failed"
