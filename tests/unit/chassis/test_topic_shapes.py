"""What is said about topics that are not as docs/events.md states."""

import re
from dataclasses import replace
from pathlib import Path

from chassis.topics import PARTITIONS, REFERRAL, REPLICATION, RETENTION_SECONDS, declared_shape, differences

_PAGE = (Path(__file__).parents[3] / "docs" / "events.md").read_text()


def test_topics_are_declared_as_the_page_states() -> None:
    stated = re.search(
        r"Each topic has (\d+) partitions, cleanup policy `(\w+)`, (\d+) days, replication (\d) "
        r"\(one broker\) or (\d)\s+\(`min.insync.replicas` (\d)\)",
        _PAGE,
    )
    assert stated is not None
    partitions, policy, days, alone, together, insync = stated.groups()
    assert (int(partitions), int(days) * 86_400) == (PARTITIONS, RETENTION_SECONDS)
    assert (declared_shape(1).replication, REPLICATION) == (int(alone), int(together))
    assert declared_shape(1).configs["cleanup.policy"] == policy
    assert declared_shape(REPLICATION).configs["min.insync.replicas"] == insync
    assert declared_shape(1).configs["retention.ms"] == str(RETENTION_SECONDS * 1000)


def test_topics_as_declared_differ_in_nothing() -> None:
    for replication in (1, REPLICATION):
        assert differences([REFERRAL], {REFERRAL: declared_shape(replication)}, replication) == []


def test_one_broker_more_than_declared_is_no_difference() -> None:
    assert differences([REFERRAL], {REFERRAL: replace(declared_shape(1), replication=3)}, 1) == []


def test_each_difference_is_named_in_a_clause() -> None:
    found = replace(
        declared_shape(1), partitions=4, configs={"cleanup.policy": "delete", "retention.ms": "3600000"}
    )
    assert differences(["kem.missing.v1", REFERRAL], {REFERRAL: found}, REPLICATION) == [
        "topic kem.missing.v1 is missing",
        "topic kem.referral.v1 has 4 partitions, not 8",
        "topic kem.referral.v1 is kept 1 times, not 3",
        "topic kem.referral.v1 has retention.ms=3600000, not 604800000",
        "topic kem.referral.v1 has min.insync.replicas=None, not 2",
    ]
