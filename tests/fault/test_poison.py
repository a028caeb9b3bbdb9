"""The story: one message can never be taken, whatever is tried; its error quotes a person's name.
The breakage: the handler raises each time, or the message is not one of ours at all.
What must still hold: it is set aside within five tries, everything behind it goes on, and nothing about a
person is kept in dead letters or logs.
"""

from aiokafka import AIOKafkaProducer

from chassis.batch_reader import HANDLER_FAILED, MALFORMED
from tests.fault.facts import Trouble
from tests.fault.stage import Account, Stage

_POISON_AT = 7
_MOST_TRIES = 5


async def after_a_poison(stage: Stage, way: str) -> tuple[Account, int]:
    """The account of a day with one poisonous fact in it, and how often it was tried."""
    worker = await stage.start(way)
    await stage.tell_round(3, {_POISON_AT: Trouble.POISON})
    await stage.until_told_is_past()
    await worker.end()
    return await stage.account(), worker.heard.count("poisoned")


async def test_a_poisonous_fact_is_set_aside_and_everything_behind_it_goes_on(stage: Stage) -> None:
    account, tries = await after_a_poison(stage, "stream")
    assert account.is_clean, account
    assert account.set_aside == {stage.kept[_POISON_AT].event_id: (HANDLER_FAILED, _MOST_TRIES)}
    assert tries == _MOST_TRIES
    assert stage.words_about_a_person() == []


async def test_a_handler_that_swallows_its_errors_loses_the_fact(stage: Stage) -> None:
    account, _ = await after_a_poison(stage, "swallowing")
    assert account.lost == [stage.kept[_POISON_AT]], "this test could not have failed"


async def test_a_handler_that_tells_why_in_its_own_words_would_be_found_out(stage: Stage) -> None:
    await after_a_poison(stage, "telling")
    assert "dead letters" in stage.words_about_a_person(), "this test could not have failed"


async def test_a_message_that_is_not_ours_is_set_aside_and_everything_behind_it_goes_on(
    stage: Stage,
) -> None:
    await stage.start("stream")
    await stage.tell_round()
    producer = AIOKafkaProducer(bootstrap_servers=stage.bootstrap)
    await producer.start()
    await producer.send_and_wait(stage.topic, b"not an envelope", partition=0)
    await producer.stop()
    await stage.until_told_is_past()
    account = await stage.account()
    assert account.is_clean, account
    assert list(account.set_aside.values()) == [(MALFORMED, 1)]
