"""The broker's topics as they are, and beside the declared ones."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from kafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from chassis.topics import TOPICS, TopicShape, declared_shape, differences
from tools.operate.running import broker_failed
from tools.stack.topics import create_topics, found_topics, meant_replication

_CLEANUP: Final = "cleanup.policy"
_RETENTION: Final = "retention.ms"
_INSYNC: Final = "min.insync.replicas"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TopicList:
    """Every topic of the broker but those that it keeps for itself."""

    shapes: Mapping[str, TopicShape]

    @staticmethod
    def read(bootstrap: str) -> "TopicList":
        """Raises StackFailure when the broker does not answer."""
        return TopicList(_asked(lambda: found_topics(bootstrap, topics=None)))

    def as_json(self) -> dict[str, Any]:
        return {
            "topics": [
                {"name": name, "declared": name in TOPICS, **_plain(shape)}
                for name, shape in sorted(self.shapes.items())
            ]
        }

    def show(self, console: Console) -> None:
        remarks = {name: "" if name in TOPICS else "not one of ours" for name in sorted(self.shapes)}
        console.print(_table(self.shapes, remarks))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Each declared topic beside what the broker has.

    Args:
        replication: how often each topic is meant to be kept.
        created: those that were made just now.
    """

    found: Mapping[str, TopicShape]
    replication: int
    created: list[str]

    @staticmethod
    def read(bootstrap: str, created: Iterable[str] = ()) -> "Comparison":
        """Raises StackFailure when the broker does not answer."""
        return _asked(
            lambda: Comparison(found_topics(bootstrap), meant_replication(bootstrap), list(created))
        )

    @staticmethod
    def after_creating(bootstrap: str) -> "Comparison":
        """Makes what is missing first. Repeat-safe."""
        created = _asked(lambda: create_topics(bootstrap, meant_replication(bootstrap)))
        return Comparison.read(bootstrap, created)

    @property
    def differences(self) -> dict[str, list[str]]:
        """In words, by topic; a topic that is as declared has none."""
        return {name: differences([name], self.found, self.replication) for name in TOPICS}

    @property
    def is_as_declared(self) -> bool:
        return not any(self.differences.values())

    def as_json(self) -> dict[str, Any]:
        return {
            "as_declared": self.is_as_declared,
            "declared": _plain(declared_shape(self.replication)),
            "created": self.created,
            "topics": [
                {
                    "name": name,
                    "found": _plain(self.found[name]) if name in self.found else None,
                    "differences": wrong,
                }
                for name, wrong in self.differences.items()
            ],
        }

    def show(self, console: Console) -> None:
        remarks = {name: "; ".join(wrong) or "as declared" for name, wrong in self.differences.items()}
        console.print(_table(self.found, remarks))
        if self.created:
            console.print(f"Made: {', '.join(self.created)}.")
        if not self.is_as_declared:
            console.print(
                "What is missing is made by ./kem topics create. A number of partitions is never changed in"
                " place: keys would move and their order would be lost."
            )


def _asked(ask: Callable[[], _T]) -> _T:
    try:
        return ask()
    except (KafkaError, RuntimeError, OSError) as error:
        raise broker_failed(error) from None


def _plain(shape: TopicShape) -> dict[str, Any]:
    """None where the broker does not say."""
    retention, insync = shape.configs.get(_RETENTION), shape.configs.get(_INSYNC)
    return {
        "partitions": shape.partitions,
        "replication": shape.replication,
        "min_insync_replicas": int(insync) if insync else None,
        "cleanup": shape.configs.get(_CLEANUP),
        "retention_seconds": int(retention) // 1000 if retention else None,
    }


def _table(shapes: Mapping[str, TopicShape], remarks: Mapping[str, str]) -> Table:
    table = Table("topic", "partitions", "copies", "cleanup", "kept for", "", box=None, padding=(0, 1))
    for name, remark in remarks.items():
        if name not in shapes:
            table.add_row(name, "", "", "", "", remark)
            continue
        shape = _plain(shapes[name])
        seconds = shape["retention_seconds"]
        table.add_row(
            name,
            str(shape["partitions"]),
            str(shape["replication"]),
            shape["cleanup"] or "?",
            f"{seconds / 86_400:g} days" if seconds is not None else "?",
            remark,
        )
    return table
