"""docs/events.md says what the contracts say."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from chassis.topics import READERS, SOURCES, TOPICS

PAGE = (Path(__file__).parents[3] / "docs" / "events.md").read_text()


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_and_every_fact_of_its_envelope_stands_on_the_page(topic: str) -> None:
    row = re.search(rf"^\| `{re.escape(topic)}` \| \w+ \| (.+) \| (.+) \| `(.+)` \|$", PAGE, re.MULTILINE)
    assert row is not None, f"{topic} is missing in the table of topics"
    told_by, read_by, envelope = row.groups()
    assert told_by in (", ".join(SOURCES[topic]), "every service")
    assert read_by == ", ".join(READERS[topic])
    area = topic.split(".")[1]
    module: Any = importlib.import_module(f"kem.{area}.v1.{area}_events_pb2")
    descriptor = module.DESCRIPTOR.message_types_by_name[envelope.rpartition(".")[2]]
    assert descriptor.full_name == envelope
    facts = {field.message_type.name for field in descriptor.oneofs_by_name["fact"].fields}
    section = PAGE.split(f"### {topic}\n")[1].split("###")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == facts
