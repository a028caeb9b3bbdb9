"""The story: two clients write at once; the one who came first takes longer to commit.
The breakage: its row appears in the outbox behind rows that have a higher number and were sent already.
What must still hold: every fact that a client was told is kept reaches the consumer and acts there once.
"""

from tests.fault.facts import numbered
from tests.fault.stage import CLIENT, Account, Stage


async def after_a_slow_commit(stage: Stage, sender: str) -> Account:
    """The account of a day on which the first writer commits last."""
    await (await stage.start("projection")).said("ready")
    await stage.start_sender(sender)
    (slow,) = numbered(stage.keys[:1], 1)
    async with stage.database.transaction(CLIENT) as tx:
        tx.publish(slow.outgoing(stage.topic))
        await tx.flush()  # its row has its number now, and nobody else sees it
        quick = numbered(stage.keys[1:], 1)
        await stage.tell(*quick)
        await stage.until_effect_of(quick)
    stage.kept.append(slow)
    await stage.until_told_is_past()
    return await stage.account()


async def test_a_slow_commit_is_not_passed_over(silent_stage: Stage) -> None:
    account = await after_a_slow_commit(silent_stage, "relay")
    assert account.is_clean, account


async def test_a_reader_of_what_is_behind_the_last_id_passes_it_over(silent_stage: Stage) -> None:
    account = await after_a_slow_commit(silent_stage, "behind_last_id")
    assert account.lost, "this test could not have failed"
