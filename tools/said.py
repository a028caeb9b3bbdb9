"""What somebody says to a command: words, instants, ids and choices, as the contract has them."""

import re
import sys
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.instants import instant_from, timestamp
from tools.stack.failure import StackFailure

ATHENS: Final = ZoneInfo("Europe/Athens")


def words(question: str) -> str:
    """What is asked at the terminal, or else all of stdin: words about people stand on no command line.

    Raises:
        StackFailure: there is nothing.
    """
    is_asked = sys.stdin.isatty()
    said = typer.prompt(question, default="", show_default=False, err=True) if is_asked else sys.stdin.read()
    if not said.strip():
        raise StackFailure(f"{question}: nothing was written. Type it when asked, or pipe it in.", 2)
    return str(said).strip()


def confirmed(warning: str, question: str, *, yes: bool) -> None:
    """Returns once it is confirmed.

    Raises:
        StackFailure: it is not, or nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise StackFailure(f"{warning} Say --yes where nobody can be asked.", 2)
    if not typer.confirm(f"{warning} {question}", err=True):
        raise StackFailure("Nothing was done.", 1)


def moment(time: Timestamp) -> str:
    """The minute in Athens."""
    return f"{instant_from(time, 'time').astimezone(ATHENS):%Y-%m-%d %H:%M}"


def instant(said: datetime | None) -> Timestamp:
    """That time of the clock in Athens; without one, now."""
    return timestamp(said.replace(tzinfo=ATHENS) if said else datetime.now(ATHENS))


def id_of(said: str, thing: str) -> str:
    """The id as the hub writes it.

    Raises:
        StackFailure: it is none.
    """
    try:
        return str(UUID(said))
    except ValueError:
        raise StackFailure(f"{said} is no id of {thing}.", 2) from None


def chosen(enum: Any, choice: StrEnum | None) -> Any:
    """The value of this choice in an enum of the contract; 0 for none."""
    if choice is None:
        return 0
    return enum.Value(f"{_prefix(enum)}{choice.name}")


def told(enum: Any, number: int) -> str:
    """A value in the contract as a command says it; nothing for 0."""
    name = str(enum.Name(number)).removeprefix(_prefix(enum))
    return name.lower().replace("_", "-") if number else ""


def _prefix(enum: Any) -> str:
    """With which each of its values begins: RIGHTS_ANSWER_ of RightsAnswer."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", enum.DESCRIPTOR.name).upper() + "_"
