"""What is taken from a service at Kafka is gone, or whoever starts the hub is told what is there still."""

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from kafka.errors import ClusterAuthorizationFailedError, NoError

from tools.stack import kafka_rights
from tools.stack.failure import StackFailure
from tools.stack.kafka_rights import rights_of, take_away


class Broker:
    """As the client shows one that says of whole filters whether it took them, and of single rights nothing.

    A real one cannot be brought to fail at a single right.
    """

    def __init__(
        self, rights: Iterable[Any], *, keeps: int = 0, refuses: bool = False, is_slow: bool = False
    ) -> None:
        self._rights, self._keeps, self._refuses, self._is_slow = list(rights), keeps, refuses, is_slow

    def delete_acls(self, filters: Sequence[Any]) -> list[tuple[Any, list[Any], Any]]:
        if self._refuses:
            return [(one, [], ClusterAuthorizationFailedError) for one in filters]
        gone = list(filters)[self._keeps :]
        self._after = [one for one in self._rights if one not in gone]
        if not self._is_slow:
            self._rights = self._after
        return [(one, [one], NoError) for one in filters]

    def describe_acls(self, wanted: Any) -> tuple[list[Any], Any]:
        found = [one for one in self._rights if one.principal == wanted.principal]
        self._rights = self._after if self._is_slow else self._rights
        return found, SimpleNamespace(errno=0)


SURPLUS = list(rights_of(["intake"]))[:3]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_rights, "_HEARSAY_SECONDS", 0.5)


@pytest.mark.parametrize("is_slow", [False, True])
def test_what_is_gone_now_or_a_moment_later_is_gone(is_slow: bool) -> None:
    take_away(Broker(rights_of(["intake", "audit"]), is_slow=is_slow), SURPLUS)


def test_a_single_right_that_stays_is_named() -> None:
    with pytest.raises(StackFailure, match=r"intake may WRITE topic kem\.intake\.v1") as failure:
        take_away(Broker(rights_of(["intake"]), keeps=1), SURPLUS)
    assert "DESCRIBE" not in failure.value.sentence


def test_a_refusal_is_told_with_its_reason_at_once() -> None:
    with pytest.raises(StackFailure, match=r"\(ClusterAuthorizationFailedError\): intake may"):
        take_away(Broker(rights_of(["intake"]), refuses=True), SURPLUS)
