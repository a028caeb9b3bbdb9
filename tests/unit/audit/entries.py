"""Entries as a question reads them, and its answers as a test reads those."""

from datetime import UTC, datetime
from typing import Any

from services.audit.domain.questions.catalogue import QUESTIONS
from services.audit.domain.questions.question import Asked, Line

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
A, B = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"


def body(
    index: int,
    kind: str,
    fact: dict[str, Any],
    *,
    day: int = 1,
    hour: int = 9,
    actor: str = "ann",
    **envelope: str,
) -> dict[str, Any]:
    envelope = {"referral_id": "r1", "policy_version": "standard/1"} | envelope
    return {
        "index": index,
        "type": kind,
        "event_time": f"2026-11-{day:02}T{hour:02}:00:00.000000Z",
        "fact": fact,
        "envelope": envelope | {"actor": {"id": actor}},
    }


def answer(name: str, *entries: dict[str, Any], now: datetime = NOW) -> list[Line]:
    question = QUESTIONS[name]
    assert {one["type"] for one in entries} <= set(question.kinds)
    lines = list(question.answer(iter(entries), Asked(now, category="NAME")))
    assert {len(line.cells) for line in lines} <= {len(question.columns)}
    return lines


def told(name: str, line: Line) -> dict[str, str]:
    """A line's cells by their columns; several values of one with spaces."""
    columns = [column.name for column in QUESTIONS[name].columns]
    return dict(zip(columns, (" ".join(cell) for cell in line.cells), strict=True))


def cells(line: Line) -> list[str]:
    return [" ".join(cell) for cell in line.cells]
