"""The story: the process that sends events to the broker is killed, before it sent or before it noted that.
The breakage: `kill -9` between the event log and the broker, or between the broker and the mark.
What must still hold: every fact that a client was told is kept reaches the consumer and acts there once.
"""

import json
import signal
from uuid import UUID

from chassis import fault_points
from tests.fault.facts import Fact
from tests.fault.processes import PATIENCE_SECONDS
from tests.fault.stage import Account, Stage
from tests.integration.chassis.waiting import until


async def after_the_relay_was_killed(stage: Stage, sender: str, consumer: str, point: str) -> Account:
    """The account of a day on which the first relay dies with a full hand."""
    await stage.start(consumer)
    await stage.tell_round(2)
    victim = await stage.start_sender(sender, fault_point=point)
    assert await victim.died() == -signal.SIGKILL
    if point == fault_points.RELAY_AFTER_SEND:
        # both copies in one batch would be one: the first must have acted before the second is sent
        await until(lambda: _has_acted(stage), within=PATIENCE_SECONDS)
    await stage.start_sender(sender)
    await stage.until_told_is_past()
    return await stage.account()


async def _has_acted(stage: Stage) -> bool:
    return len((await stage.account()).lost) < len(stage.kept)


async def after_a_service_was_killed(stage: Stage, way: str) -> Account:
    """The account of a day on which a service dies after it committed and before it sent."""
    await stage.start("projection")
    victim = await stage.start_sender(way, fault_point=fault_points.RELAY_BEFORE_SEND, tells=5)
    assert await victim.died() == -signal.SIGKILL
    await victim.end()
    stage.kept.extend(map(_kept, (word for word in victim.heard if word.startswith("kept "))))
    assert stage.kept
    await stage.start_sender(way)
    await stage.until_told_is_past()
    return await stage.account()


def _kept(word: str) -> Fact:
    said = json.loads(word.removeprefix("kept "))
    return Fact(UUID(said["event_id"]), UUID(said["key"]), said["number"])


async def test_a_relay_killed_before_it_sent_loses_nothing(silent_stage: Stage) -> None:
    point = fault_points.RELAY_BEFORE_SEND
    account = await after_the_relay_was_killed(silent_stage, "relay", "projection", point)
    assert account.is_clean, account


async def test_a_relay_that_marks_before_it_sends_loses_facts(silent_stage: Stage) -> None:
    point = fault_points.RELAY_BEFORE_SEND
    account = await after_the_relay_was_killed(silent_stage, "mark_first", "projection", point)
    assert account.lost, "this test could not have failed"


async def test_a_relay_killed_after_it_sent_sends_again_and_the_inbox_drops_it(silent_stage: Stage) -> None:
    point = fault_points.RELAY_AFTER_SEND
    account = await after_the_relay_was_killed(silent_stage, "relay", "stream", point)
    assert account.is_clean, account


async def test_without_an_inbox_what_is_sent_again_acts_again(silent_stage: Stage) -> None:
    point = fault_points.RELAY_AFTER_SEND
    await after_the_relay_was_killed(silent_stage, "relay", "without_inbox", point)

    async def doubled() -> object:
        return (await silent_stage.account()).doubled

    # what is sent again comes behind what made the consumer's progress; times out if it never acts
    assert await until(doubled, within=PATIENCE_SECONDS)


async def test_a_service_killed_between_commit_and_sending_loses_nothing(silent_stage: Stage) -> None:
    account = await after_a_service_was_killed(silent_stage, "outbox")
    assert account.is_clean, account


async def test_a_service_that_publishes_after_its_commit_loses_facts(silent_stage: Stage) -> None:
    account = await after_a_service_was_killed(silent_stage, "after_commit")
    assert account.lost, "this test could not have failed"
