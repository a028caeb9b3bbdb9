"""Asks the ledger one of the auditors' questions, and prints the answer."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kem.audit.v1 import audit_service_pb2 as messages
from tools.audit.asking import entries_of, stamp_of
from tools.audit.changes import CHANGES
from tools.audit.questions import QUESTIONS, Line, Moment
from tools.audit.reports import REPORTS
from tools.audit.system import SYSTEM
from tools.office import Office, at_office
from tools.stack.failure import StackFailure

_ALL: Final = {**QUESTIONS, **CHANGES, **REPORTS, **SYSTEM}
SIBLINGS: Final = {
    "./kem audit seen PERSON FIELD": "Who saw this of a person: by name, when, why, under which text?",
    "./kem audit who ID": "Which named person is it whom an entry knows by a random id?",
    "./kem audit why AGENCY FIELD REFERRAL": "Why could this agency see this then?",
    "./kem audit directory REFERRAL": "What did the directory say when this was matched?",
    "./kem audit children": "Of each child: who authorised, by which document, which authority knew when?",
    "./kem audit fairness": "Does help come as soon to some as to others, and are some declined more often?",
    "./kem audit interpreters": "What did interpreters hear, and had they signed confidentiality?",
}
"""Questions that need a parameter, or what no entry may hold: each is a command of its own."""
_MOST_NAMED: Final = 8
_AGENCY: Final = re.compile(r"agency ([0-9a-f-]{36})")


def list_questions(*, as_json: bool) -> None:
    """What can be asked."""
    if as_json:
        typer.echo(json.dumps({name: one.asks for name, one in _ALL.items()} | SIBLINGS, indent=1))
        return
    table = Table(box=None)
    table.add_column("name, or command", no_wrap=True)
    table.add_column("question")
    for name, asks in ({name: one.asks for name, one in _ALL.items()} | SIBLINGS).items():
        table.add_row(name, asks)
    Console(highlight=False).print(table)


def answer_question(name: str, since: datetime | None, at: datetime | None, *, as_json: bool) -> None:
    """Prints the answer; agencies by their codes.

    Raises:
        StackFailure: no such question, nobody is signed in, or the hub refuses, in its own words.
    """
    question = _ALL.get(name)
    if question is None:
        raise StackFailure(f"{name} is no question; ask one of: {', '.join(_ALL)}.", 2)
    if since is not None and not question.is_of_a_period:
        raise StackFailure(f"{name} is answered from the first entry on: leave --since out.", 2)
    now = (at or datetime.now(UTC)).replace(tzinfo=UTC)

    async def ask(office: Office) -> tuple[list[dict[str, Any]], Mapping[str, str]]:
        found: list[dict[str, Any]] = []
        for kind in question.kinds:
            request = messages.ListEntriesRequest(
                kind=kind, from_time=stamp_of(since), until_time=stamp_of(now)
            )
            found += [body async for body in entries_of(office, request) if body["fact"] is not None]
        return sorted(found, key=lambda body: int(body["index"])), await office.codes()

    entries, codes = at_office(ask)
    lines = list(question.answer(entries, Moment(now)))
    if as_json:
        told = [{"says": one.says, "entries": one.entries} for one in lines]
        typer.echo(json.dumps({"question": question.asks, "answer": told}, ensure_ascii=False, indent=1))
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{question.asks}[/] From {len(entries)} entries:")
    for one in lines:
        console.print(_shown(one, codes))
    if not lines:
        console.print("  Nothing of that kind.")


def _shown(line: Line, codes: Mapping[str, str]) -> str:
    says = _AGENCY.sub(lambda found: codes.get(found[1], found[0]), line.says)
    named = " ".join(f"#{index}" for index in line.entries[:_MOST_NAMED])
    more = f" and {len(line.entries) - _MOST_NAMED} more" if len(line.entries) > _MOST_NAMED else ""
    return f"  {escape(says)} [dim]{named}{more}[/]"
