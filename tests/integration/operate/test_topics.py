"""The broker's topics against the declared ones, and the exit code that tells a script."""

import json
from typing import Any

from kafka.admin import NewTopic

from chassis.topics import INTAKE, REFERRAL, TOPICS
from tests.integration.operate.conftest import Hub
from tools.stack.topics import administration


def put_in_place_of(hub: Hub, name: str, partitions: int, **configs: str) -> None:
    with administration(hub.broker.bootstrap) as admin:
        admin.delete_topics([name], raise_errors=False)
        told = {key.replace("_", "."): value for key, value in configs.items()}
        admin.create_topics(
            [NewTopic(name, num_partitions=partitions, replication_factor=1, topic_configs=told)]
        )


async def compared(hub: Hub, *words: str) -> tuple[int, dict[str, list[str]]]:
    done = await hub.kem("topics", *words, "--json")
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["as_declared"] is (done.returncode == 0)
    return done.returncode, {one["name"]: one["differences"] for one in said["topics"]}


async def test_topics_as_they_are_declared_end_with_zero(hub: Hub) -> None:
    assert await compared(hub) == (0, {name: [] for name in TOPICS})
    assert await compared(hub, "compare") == (0, {name: [] for name in TOPICS})


async def test_what_differs_is_named_and_only_what_is_missing_is_made(lonely_hub: Hub) -> None:
    put_in_place_of(lonely_hub, REFERRAL, 4, cleanup_policy="compact", retention_ms="3600000")
    with administration(lonely_hub.broker.bootstrap) as admin:
        admin.delete_topics([INTAKE])
    code, differences = await compared(lonely_hub, "compare")
    assert code == 1
    assert differences[INTAKE] == [f"topic {INTAKE} is missing"]
    assert differences[REFERRAL] == [
        f"topic {REFERRAL} has 4 partitions, not 8",
        f"topic {REFERRAL} has cleanup.policy=compact, not delete",
        f"topic {REFERRAL} has retention.ms=3600000, not 604800000",
    ]
    code, differences = await compared(lonely_hub, "create")
    assert (code, differences[INTAKE], len(differences[REFERRAL])) == (1, [], 3)
    said = await lonely_hub.kem("topics")
    assert said.returncode == 1
    assert "never changed in place" in " ".join(said.stdout.split())


async def test_every_topic_of_the_broker_is_listed_with_its_shape(lonely_hub: Hub) -> None:
    put_in_place_of(lonely_hub, "of.somebody.else", 3)
    said = {
        one["name"]: one
        for one in json.loads((await lonely_hub.kem("topics", "list", "--json")).stdout)["topics"]
    }
    assert set(said) == {*TOPICS, "of.somebody.else"}
    assert (said["of.somebody.else"]["declared"], said["of.somebody.else"]["partitions"]) == (False, 3)
    assert (said[REFERRAL]["declared"], said[REFERRAL]["replication"]) == (True, 1)


async def test_a_broker_that_does_not_answer_is_a_sentence(lonely_hub: Hub) -> None:
    lonely_hub.broker.stop()
    done = await lonely_hub.kem_apart("topics", "compare", "--json")
    assert (done.returncode, done.stdout) == (3, "")
    assert "The broker does not answer" in done.stderr
    assert "Traceback" not in done.stderr
