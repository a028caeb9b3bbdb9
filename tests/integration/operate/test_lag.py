"""How far consumers are behind: counted in the event logs, and by their groups' offsets at the broker."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from chassis.topics import REFERRAL
from kernel.ids import random_id
from tests.integration.operate.conftest import Hub, fact
from tests.support.referral_facts import offered


def of(said: dict[str, Any], consumer: str) -> dict[int, dict[str, Any]]:
    return {one["partition"]: one for one in said["consumers"] if one["consumer"] == consumer}


async def test_positions_tell_what_is_unread_and_for_how_long(hub: Hub) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    positions = await hub.log(
        [fact(offered(), partition=3, event_time=an_hour_ago) for _ in range(5)]
        + [fact(offered(), partition=4) for _ in range(2)]
    )
    await hub.reach("notifications", "slow", REFERRAL, 3, positions[1])
    await hub.reach("notifications", "slow", REFERRAL, 4, positions[6])
    await hub.reach("intake", "new", REFERRAL, 3, 0)
    done = await hub.kem("lag", "--json")
    said = json.loads(done.stdout)
    slow, new = of(said, "slow"), of(said, "new")
    assert (slow[3]["position"], slow[3]["end_position"], slow[3]["unread"]) == (2, 5, 3)
    assert 3600 <= slow[3]["seconds_behind"] < 3700
    assert (slow[4]["unread"], slow[4]["seconds_behind"]) == (0, 0)
    assert new[3]["unread"] == 5
    assert said["unread"] == 8
    assert said["seconds_behind"] >= 3600


async def test_what_a_source_has_not_told_yet_is_told(hub: Hub) -> None:
    await hub.log([fact(offered()) for _ in range(3)], published=False)
    said = json.loads((await hub.kem("lag", "--json")).stdout)
    referral = next(one for one in said["sources"] if one["source"] == "referral")
    assert referral == {
        "source": "referral",
        "not_logged": 0,
        "logged_position": 3,
        "published_position": 0,
    }
    assert (
        "referral: 0 events are not in its log yet, 3 are not at the broker yet."
        in (await hub.kem("lag")).stdout
    )


async def test_offsets_tell_how_many_messages_a_group_has_not_committed(lonely_hub: Hub) -> None:
    group, bootstrap = f"group-{random_id()}", lonely_hub.broker.bootstrap
    await lonely_hub.reach("notifications", group, REFERRAL, 2, 0)
    producer = KafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=False)
    for burst in (5, 3):  # the embedded broker counts a batch as one when it is asked for the end
        for _ in range(burst):
            producer.send(REFERRAL, b"x", partition=2)
        producer.flush()
    producer.close()

    async def lag() -> tuple[int | None, int]:
        found = of(json.loads((await lonely_hub.kem("lag", "--json")).stdout), group)[2]
        return found["offset"], found["offset_lag"]

    assert await lag() == (None, 8)
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    place = TopicPartition(REFERRAL, 2)
    consumer.assign([place])
    consumer.seek(place, 6)
    consumer.commit()
    consumer.close()
    assert await lag() == (6, 2)


async def test_without_a_broker_the_positions_are_told_all_the_same(lonely_hub: Hub) -> None:
    await lonely_hub.log([fact(offered(), partition=1)])
    await lonely_hub.reach("notifications", "slow", REFERRAL, 1, 0)
    lonely_hub.broker.stop()
    done = await lonely_hub.kem_apart("lag", "--json")
    said = json.loads(done.stdout)
    assert (said["broker_reached"], said["unread"]) == (False, 1)
    assert of(said, "slow")[1]["offset_lag"] is None
