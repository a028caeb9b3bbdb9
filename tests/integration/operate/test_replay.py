"""What a replay would send is said without sending anything."""

import json

from kafka import KafkaConsumer

from chassis.topics import DIRECTORY, REFERRAL
from tests.integration.operate.conftest import Hub, fact
from tests.support.referral_facts import offered
from tools.operate.reading import ends_of, places_of
from tools.stack.topics import administration


async def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(lonely_hub: Hub) -> None:
    await lonely_hub.log([fact(offered(), partition=number % 2) for number in range(10)])
    await lonely_hub.reach("notifications", "slow", REFERRAL, 0, 5)
    await lonely_hub.reach("notifications", "slow", REFERRAL, 1, 10)
    said = json.loads((await lonely_hub.kem("replay", "--dry-run", "--json")).stdout)
    assert (said["dry_run"], said["events"]) == (True, 2)
    said = json.loads((await lonely_hub.kem("replay", "--from", "4", "--dry-run", "--json")).stdout)
    assert {one["partition"]: one["events"] for one in said["partitions"]} == {0: 3, 1: 4}
    words = ("replay", "--from", "1", "--topic", DIRECTORY, "--dry-run")
    assert "0 events would be sent" in (await lonely_hub.kem(*words)).stdout
    consumer = KafkaConsumer(bootstrap_servers=lonely_hub.broker.bootstrap)
    places = places_of([REFERRAL])
    consumer.assign(places)
    assert set(ends_of(consumer, places).values()) == {0}
    consumer.close()


async def test_a_topic_that_the_broker_lacks_would_be_filled_too(lonely_hub: Hub) -> None:
    await lonely_hub.log([fact(offered(), partition=1)])
    await lonely_hub.reach("notifications", "slow", REFERRAL, 1, 0)
    words = ("replay", "--topic", DIRECTORY, "--dry-run", "--json")
    assert json.loads((await lonely_hub.kem(*words)).stdout)["events"] == 0
    with administration(lonely_hub.broker.bootstrap) as admin:
        admin.delete_topics([REFERRAL])
    assert json.loads((await lonely_hub.kem(*words)).stdout)["events"] == 1
