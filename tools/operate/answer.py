"""How an operator's command answers: one JSON object, or lines for people; stdout holds nothing else."""

import json
import sys
from datetime import datetime
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

import typer
from rich.console import Console

_WIDTH_OF_FILES: Final = 200

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class Answer(Protocol):
    """What a command found."""

    def as_json(self) -> dict[str, Any]:
        """For programs: ids and instants may stand as they are."""

    def show(self, console: Console) -> None:
        """For people."""


def tell(answer: Answer, *, as_json: bool) -> None:
    """Prints the answer on stdout."""
    if as_json:
        print(as_text(answer.as_json(), indent=1))
    else:
        is_seen = sys.stdout.isatty()
        answer.show(Console(highlight=False, soft_wrap=True, width=None if is_seen else _WIDTH_OF_FILES))


def as_text(value: Any, indent: int | None = None) -> str:
    """JSON; instants in ISO 8601."""
    return json.dumps(value, default=_plain, ensure_ascii=False, indent=indent)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"a {type(value).__name__} has no place in an answer")
