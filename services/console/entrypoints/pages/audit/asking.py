"""The house of the auditor's questions: each with its form, its table, and its files."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from kernel import codes
from kernel.errors import Invalid, NotFound
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, choices, text_of
from services.console.entrypoints.forms import as_date, as_uuid
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.answers import MOST_ROWS, Answer, as_file
from services.console.entrypoints.pages.audit.people import NAMES_CALLS
from services.console.entrypoints.pages.audit.roles import READERS
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.rendering import ATHENS

LIST: Final = "/audit/questions"
PAGE: Final = 50
_IDS: Final = ("person", "referral", "ids")
_DAYS: Final = ("from", "until", "at")
_MOST_SIGNS: Final = 200

Ask = Callable[[Visit, str, int], Awaitable[Answer]]
"""Answers a page: for whom, behind which place, at most how many rows."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that can be asked.

    Args:
        asks: in words.
        topic: of what it is, a key of the list's headings.
        fields: of its form.
        needs: those of them without which it is not asked.
        is_asked_at_once: whether it is answered as soon as its page is opened; else when somebody says so:
            it may read much of the ledger.
        makes: the address of a form by which what it shows is made anew; empty where there is none.
        file_rows: how many rows are asked for at once where all of them go into a file.
    """

    name: str
    asks: str
    topic: str
    calls: tuple[str, ...]
    fields: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    is_asked_at_once: bool = False
    makes: str = ""
    file_rows: int = 200

    @property
    def path(self) -> str:
        """Its address."""
        return f"{LIST}/{self.name}"


class Asking:
    """Makes the pages of questions."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def pages(self, question: Question, ask: Ask) -> tuple[Page, ...]:
        """The form with its table, and the same for a spreadsheet and for a program."""
        calls = (*question.calls, *NAMES_CALLS)
        files = [
            Page(f"{question.path}.{kind}", _file(question, ask, kind), READERS, calls)
            for kind in ("csv", "json")
        ]
        return (Page(question.path, self._page(question, ask), READERS, calls), *files)

    def _page(self, question: Question, ask: Ask) -> Callable[[Visit], Awaitable[Response]]:
        async def page(visit: Visit) -> Response:
            after, answer, code = visit.query("after")[:_MOST_SIGNS], None, HTTPStatus.OK
            if is_asked(visit, question):
                answer, code = await _answered(visit, ask, after)
            elif visit.errors:
                code = HTTPStatus.BAD_REQUEST
            given = asked_again(visit, question)
            shown: dict[str, Any] = {
                "title": visit.say(question.asks),
                "code": code,
                "answer": answer,
                "asked": {name: visit.query(name) for name in question.fields},
                "fields": question.fields,
                "here": question.path,
                "makes": question.makes,
                "given": given,
                "first": f"{question.path}?{given}",
                "is_first": not after,
                "onward": f"{question.path}?{given}&{urlencode({'after': answer.onward})}"
                if answer and answer.onward
                else "",
                "most": MOST_ROWS,
                "categories": choices(codes.CATEGORIES, visit.language, nothing=visit.say("Choose")),
                "agencies": await self._agencies(visit) if "agency" in question.fields else [],
            }
            return visit.render("audit/question.html", **shown)

        return page

    async def _agencies(self, visit: Visit) -> Sequence[tuple[str, str]]:
        found = await self._names.agencies(visit.staff.metadata)
        named = by_name((key, text_of(one.name, visit.language)) for key, one in found.items())
        return [("", visit.say("Choose an agency")), *named]


async def _answered(visit: Visit, ask: Ask, after: str) -> tuple[Answer | None, HTTPStatus]:
    """None where what is asked about is not there, or cannot be asked so: that is said at its field."""
    try:
        return await ask(visit, after, PAGE), HTTPStatus.OK
    except (Invalid, NotFound) as error:
        visit.errors.add(_field_of(visit), str(words_for(error, visit.language)))
        is_missing = isinstance(error, NotFound)
        return None, HTTPStatus.NOT_FOUND if is_missing else HTTPStatus.BAD_REQUEST


def _field_of(visit: Visit) -> str:
    """At which field it is said that nothing is found: whose id was typed."""
    return next((name for name in _IDS if visit.query(name)), "")


def _file(question: Question, ask: Ask, kind: str) -> Callable[[Visit], Awaitable[Response]]:
    async def file(visit: Visit) -> Response:
        if not is_asked(visit, question):
            return visit.go(f"{question.path}?{asked_again(visit, question)}")
        answer = await ask(visit, visit.query("after")[:_MOST_SIGNS], question.file_rows)
        whole = answer
        while answer.onward and len(whole.rows) < MOST_ROWS:
            answer = await ask(visit, answer.onward, question.file_rows)
            whole = whole.and_then(answer)
        return as_file(whole, question.name, kind)

    return file


def is_asked(visit: Visit, question: Question) -> bool:
    """Whether all is named that it needs, and somebody asks; what is wrong is noted at its field."""
    say = visit.say
    typed = {name: visit.query(name) for name in question.fields}
    is_sent = bool(visit.query("ask")) or any(typed[name] for name in question.needs)
    if not is_sent and not (question.is_asked_at_once and not question.needs):
        return False
    for name in question.needs:
        if not typed[name]:
            visit.errors.add(name, say("Fill this in too."))
    for name in _IDS:
        if any(as_uuid(one) is None for one in typed.get(name, "").split()):
            visit.errors.add(name, say("This is no id: it has 32 digits and letters, in five groups."))
    if typed.get("category") and typed["category"] not in codes.CATEGORIES:
        visit.errors.add("category", say("Choose what."))
    if typed.get("agency") and as_uuid(typed["agency"]) is None:
        visit.errors.add("agency", say("Choose an agency"))
    for name in _DAYS:
        if typed.get(name) and as_date(typed[name]) is None:
            visit.errors.add(name, say("Type the date as day/month/year."))
    return not visit.errors


def start_of(day: date) -> datetime:
    """Of a day in Athens."""
    return datetime.combine(day, datetime.min.time(), ATHENS)


def start_of_field(visit: Visit, name: str) -> datetime | None:
    """The beginning of the day that was typed; of what is included, that of the day after."""
    day = as_date(visit.query(name))
    return None if day is None else start_of(day + timedelta(days=0 if name == "from" else 1))


def asked_again(visit: Visit, question: Question, **more: str) -> str:
    """What was asked, as it stands in an address."""
    typed = {name: visit.query(name) for name in (*question.fields, "ask") if visit.query(name)}
    return urlencode({**typed, **more})
