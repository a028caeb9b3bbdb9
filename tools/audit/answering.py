"""Asks the ledger one of the auditors' questions, and prints the answer."""

import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kem.audit.v1 import audit_service_pb2 as messages
from kernel import codes
from kernel.errors import Invalid
from tools.audit.asking import id_of, stamp_of
from tools.office import Office, at_office
from tools.stack.failure import StackFailure
from tools.trace.story import athens

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
WORDS: Final = {
    "phone": "SAFE_CONTACT",
    "contact": "SAFE_CONTACT",
    "birth": "BIRTH_AND_SEX",
    "sex": "BIRTH_AND_SEX",
    "language": "LANGUAGES",
    "document": "DOCUMENTS",
}
"""What people say, beside the codes of data categories."""
_MOST_NAMED: Final = 8
_ID_SHOWN: Final = 8
_WHOLE_LINE: Final = 10_000


def list_questions(*, as_json: bool) -> None:
    """What can be asked.

    Raises:
        StackFailure: nothing runs, nobody is signed in, or the hub refuses, in its own words.
    """

    async def ask(office: Office) -> dict[str, str]:
        listed = await office(office.hub.audit.ListQuestions, messages.ListQuestionsRequest())
        return {one.name: one.asks for one in listed.questions if not one.of_a_referral}

    found = at_office(ask) | SIBLINGS
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    table = Table(box=None)
    table.add_column("name, or command", no_wrap=True)
    table.add_column("question")
    for name, asks in found.items():
        table.add_row(name, asks)
    Console(highlight=False).print(table)


def answer_question(name: str, since: datetime | None, at: datetime | None, *, as_json: bool) -> None:
    """Prints the answer; agencies by their codes.

    Raises:
        StackFailure: no such question, nobody is signed in, or the hub refuses, in its own words.
    """
    request = messages.AnswerQuestionRequest(name=name, from_time=stamp_of(since), at_time=stamp_of(at))

    async def made(office: Office) -> messages.AnswerQuestionRequest:
        return request

    _answer(made, "Nothing of that kind.", as_json=as_json)


def why(agency: str, field: str, referral: str, *, as_json: bool) -> None:
    """Tells of each time that the agency was given the field for the referral what it rested on.

    Raises:
        StackFailure: no such agency, field or id, nobody is signed in, or the hub refuses, in its own words.
    """
    category, referral_id = category_of(field), id_of(referral)

    async def made(office: Office) -> messages.AnswerQuestionRequest:
        agency_id = await office.agency_id(agency)
        return messages.AnswerQuestionRequest(
            name="why", referral_id=referral_id, agency_id=agency_id, category=category
        )

    nothing = f"{agency.upper()} was never given {category} for this referral, as far as the ledger goes."
    _answer(made, nothing, as_json=as_json)


def category_of(field: str) -> str:
    """The code of a data category.

    Raises:
        StackFailure: there is none of that name.
    """
    code = WORDS.get(field.lower(), field.upper())
    try:
        codes.category(code)
    except Invalid:
        known = ", ".join([*codes.CATEGORIES, *WORDS])
        raise StackFailure(f"{field} is no kind of data; say one of: {known}.", 2) from None
    return code


def _answer(
    made: Callable[[Office], Awaitable[messages.AnswerQuestionRequest]], nothing: str, *, as_json: bool
) -> None:
    async def ask(office: Office) -> tuple[messages.AnswerQuestionResponse, Mapping[str, str]]:
        found = await office(office.hub.audit.AnswerQuestion, await made(office))
        return found, await office.codes()

    found, agencies = at_office(ask)
    if as_json:
        told = {
            "question": found.asks,
            "at_time": found.at_time.ToJsonString(),
            "answer": [_plain(found, line) for line in found.lines],
            "lines_left_out": found.lines_left_out,
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1))
        return
    # into a file or another program a line goes whole
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WHOLE_LINE)
    console.print(f"[bold]{escape(found.asks)}[/] From {found.entries_read} entries:")
    if not found.lines:
        console.print(f"  {escape(nothing)}")
        return
    table = Table(box=None)
    for column in found.columns:
        table.add_column(column.name.replace("_", " "), overflow="fold")
    table.add_column("entries", style="dim")
    for line in found.lines:
        cells = (
            escape(", ".join(_shown(column.kind, value, agencies) for value in cell.values))
            for column, cell in zip(found.columns, line.cells, strict=True)
        )
        table.add_row(*cells, _entries(line))
    console.print(table)
    if found.lines_left_out:
        console.print(f"  and {found.lines_left_out} more lines: ask for a shorter period.")


def _plain(found: messages.AnswerQuestionResponse, line: messages.AnswerLine) -> dict[str, Any]:
    cells = {column.name: list(cell.values) for column, cell in zip(found.columns, line.cells, strict=True)}
    return {**cells, "entries": list(line.entries), "entry_count": line.entry_count}


def _shown(kind: int, value: str, agencies: Mapping[str, str]) -> str:
    if kind == messages.ANSWER_KIND_TIME:
        return athens(datetime.fromisoformat(value))
    if kind == messages.ANSWER_KIND_DAY:
        return f"{datetime.fromisoformat(value).astimezone(UTC):%Y-%m-%d}"
    if kind == messages.ANSWER_KIND_AGENCY:
        return agencies.get(value, value[:_ID_SHOWN])
    return value


def _entries(line: messages.AnswerLine) -> str:
    named = " ".join(f"#{index}" for index in line.entries[:_MOST_NAMED])
    more = line.entry_count - min(_MOST_NAMED, len(line.entries))
    return f"{named} and {more} more" if more else named
