"""Kafka gives each service the rights that are declared for it: what it really reads must be that, in a group
that is called by its name."""

import importlib
import re
from collections import defaultdict
from pathlib import Path

from chassis.topics import READERS, TOPICS

ROOT = Path(__file__).resolve().parents[2]
_READS = re.compile(r"service\.(?:stream|project)\(\s*(\w+),\s*(\w+)")


def readings() -> dict[str, dict[str, list[str]]]:
    """By service, the topics of each of its groups, as its wiring names them."""
    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for main in sorted(ROOT.glob("services/*/__main__.py")):
        module = importlib.import_module(f"services.{main.parent.name}.__main__")
        for group, topics in _READS.findall(main.read_text(encoding="utf-8")):
            found[main.parent.name][getattr(module, group)] = list(getattr(module, topics))
    return found


def test_what_is_read_is_what_is_declared() -> None:
    read = readings()
    assert len(read) > 2
    assert set(READERS) == set(TOPICS)
    for topic, readers in READERS.items():
        reading = {
            service for service, groups in read.items() if any(topic in one for one in groups.values())
        }
        assert reading == set(readers), topic


def test_a_group_is_called_by_its_service() -> None:
    for service, groups in readings().items():
        assert {group.partition(".")[0] for group in groups} == {service}


def test_nobody_reads_in_a_way_that_this_does_not_see() -> None:
    for main in ROOT.glob("services/*/__main__.py"):
        text = main.read_text(encoding="utf-8")
        assert len(_READS.findall(text)) == len(re.findall(r"\.(?:stream|project)\(", text)), main
