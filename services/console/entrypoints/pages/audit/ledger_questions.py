"""Questions that the ledger answers from its entries alone: the same answers as `./kem audit questions`."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from kem.audit.v1 import audit_service_pb2 as messages
from kernel.errors import NotFound
from services.console.adapters.names import Names
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.answers import MOST_ROWS, Answer
from services.console.entrypoints.pages.audit.asking import (
    Asking,
    Question,
    asked_again,
    is_asked,
    start_of_field,
)
from services.console.entrypoints.pages.audit.ledger_words import COLUMNS, code_in
from services.console.entrypoints.pages.audit.people import NAMES_CALLS, People, people
from services.console.entrypoints.pages.audit.roles import READERS
from services.console.entrypoints.rendering import Written, bidi
from services.console.entrypoints.texts import N_

PATIENCE_SECONDS: Final = 30.0
"""An answer may read most of the ledger, and waits for others'."""
MOST_LINKS: Final = 3
"""To entries, in a row of the table."""
_LINKS: Final = 500
"""On a page of a row's entries."""
_LEDGER: Final = ("AuditService/AnswerQuestion",)
_SERVICES: Final = "DirectoryService/ListServices"
_MOST_DIGITS: Final = 9


def _of(name: str, asks: str, topic: str, *fields: str, needs: tuple[str, ...] = ()) -> Question:
    calls = (*_LEDGER, _SERVICES)
    return Question(name, asks, topic, calls, fields, needs, file_rows=MOST_ROWS)


QUESTIONS: Final = (
    _of(
        "why",
        N_("Why could this agency see this then?"),
        "PEOPLE",
        *("agency", "category", "referral"),
        needs=("agency", "category", "referral"),
    ),
    _of("off-the-wire", N_("What left by telephone, on paper, or to an authority?"), "PEOPLE", "from", "at"),
    _of(
        "overridden",
        N_("Where was another service asked than the match proposed first, by whom, why?"),
        "CASES",
        *("from", "at"),
    ),
    _of(
        "never-started",
        N_("What was taken up more than two weeks ago and has never begun, and who has looked after it?"),
        "CASES",
        "at",
    ),
    _of("late-entries", N_("Who enters things long after they happened?"), "CASES", "from", "at"),
    _of("states", N_("How many needs were in which state, then?"), "CASES", "at"),
    _of(
        "emergencies",
        N_("Was each emergency access looked at by somebody else, and what did they find?"),
        "SAFEGUARDS",
        "at",
    ),
    _of("idle-searches", N_("Which searches led to no work with anybody?"), "SAFEGUARDS", "from", "at"),
    _of(
        "recalls",
        N_("What was asked back, what was destroyed, and who has not answered?"),
        "SAFEGUARDS",
        "at",
    ),
    _of("late-rights", N_("Which requests by right were answered late, or not at all?"), "SAFEGUARDS", "at"),
    _of("policy", N_("Which referrals did each version of the policy touch?"), "CHANGES", "from", "at"),
    _of("notice", N_("Which referrals did each version of a notice touch?"), "CHANGES", "at"),
    _of(
        "deadlines",
        N_("How long did agencies have to answer, by each version of the policy?"),
        "CHANGES",
        *("from", "at"),
    ),
    _of("moved-deadlines", N_("Whose time to answer was moved?"), "CHANGES", "at"),
    _of(
        "system",
        N_("What changed in the system itself: program, settings, tables, rules, keys, certificates?"),
        "CHANGES",
        *("from", "at"),
    ),
    _of("response-times", N_("How long do agencies take to answer offers?"), "FIGURES", "from", "at"),
    _of("breaches", N_("Which agencies did not answer in time?"), "FIGURES", "from", "at"),
    _of(
        "clocks",
        N_("How many people's clocks ran out without a positive answer?"),
        "FIGURES",
        *("from", "at"),
    ),
    _of(
        "given-for-nothing", N_("What was disclosed, and no service began within two weeks?"), "FIGURES", "at"
    ),
)
"""In the words of the ledger's own list: a test compares them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of an answer begins, and as of when it is answered: that goes on with the pages."""

    offset: int = 0
    at_time: datetime | None = None

    @classmethod
    def read(cls, text: str) -> "Place":
        """As an address has it; the beginning where it is none."""
        digits, _, instant = text.partition("@")
        if not digits.isdecimal() or not digits.isascii() or len(digits) > _MOST_DIGITS:
            return cls()
        try:
            at = datetime.fromisoformat(instant)
        except ValueError:
            return cls()
        return cls(int(digits), at if at.tzinfo else None)

    def __str__(self) -> str:
        return f"{self.offset}@{self.at_time.isoformat()}" if self.at_time else str(self.offset)


class LedgerQuestionPages:
    """These questions, and of each row all its entries."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._asking = Asking(names)

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        found: list[Page] = []
        for one in QUESTIONS:
            found += self._asking.pages(one, self._ask(one))
            calls = (*one.calls, *NAMES_CALLS)
            found.append(Page(f"{one.path}/entries", self._entries(one), READERS, calls))
        return tuple(found)

    def _ask(self, question: Question) -> Callable[[Visit, str, int], Awaitable[Answer]]:
        async def ask(visit: Visit, after: str, most: int) -> Answer:
            place = Place.read(after)
            found = await answer_of(visit, question, place, place.offset + most)
            at = found.at_time.ToDatetime(tzinfo=UTC)
            lines = found.lines[place.offset :]
            end = place.offset + len(lines)
            table = await self._table(visit, found, lines)
            links = [
                _links(visit, question, number, line, at)
                for number, line in enumerate(lines, start=place.offset)
            ]
            return Answer(
                columns=table.heads(),
                rows=[table.row(line) for line in lines],
                onward=str(Place(end, at)) if found.lines_left_out else "",
                shown=[[*table.shown(line), link] for line, link in zip(lines, links, strict=True)],
                numeric=table.numeric,
                entries=[line.entries for line in lines],
                said=visit.say("As it stood on %(time)s, from %(number)s entries of the ledger.")
                % {
                    "time": Written(visit.language).datetime(at),
                    "number": Written(visit.language).number(found.entries_read),
                },
            )

        return ask

    async def _table(
        self,
        visit: Visit,
        found: messages.AnswerQuestionResponse,
        lines: Sequence[messages.AnswerLine],
    ) -> "_Table":
        named = [
            value
            for line in lines
            for column, cell in zip(found.columns, line.cells, strict=True)
            if column.kind == messages.ANSWER_KIND_PERSON
            for value in cell.values
        ]
        has_services = any(one.name == "service" for one in found.columns)
        who = await people(visit, self._names, named, with_services=has_services)
        return _Table(visit, list(found.columns), who)

    def _entries(self, question: Question) -> Callable[[Visit], Awaitable[Response]]:
        async def entries(visit: Visit) -> Response:
            place, first = Place.read(visit.query("row")), visit.query("after")
            if place.at_time is None or not is_asked(visit, question):
                return visit.go(question.path)
            found = await answer_of(visit, question, place, place.offset + 1)
            if len(found.lines) <= place.offset:
                raise NotFound("The answer has no such row.", reason="ROW_NOT_FOUND")
            line = found.lines[place.offset]
            table = await self._table(visit, found, [line])
            start = int(first) if first.isdecimal() and len(first) <= _MOST_DIGITS else 0
            here = f"{question.path}/entries?{asked_again(visit, question, row=str(place))}"
            end = start + _LINKS
            return visit.render(
                "audit/question_row.html",
                title=visit.say("The entries that show it"),
                asks=visit.say(question.asks),
                question=f"{question.path}?{asked_again(visit, question)}",
                facts=list(zip(table.heads().values(), table.shown(line), strict=True)),
                entries=line.entries[start:end],
                count=line.entry_count,
                first=here,
                is_first=not start,
                onward=f"{here}&after={end}" if end < len(line.entries) else "",
            )

        return entries


async def answer_of(
    visit: Visit, question: Question, place: Place, most: int
) -> messages.AnswerQuestionResponse:
    """The ledger's answer to what was typed, its first lines."""
    request = messages.AnswerQuestionRequest(name=question.name, most_lines=most)
    at_time, now = place.at_time or start_of_field(visit, "at"), datetime.now(UTC)
    if at_time is not None and at_time < now:
        request.at_time.FromDatetime(at_time)
    if "from" in question.fields and (day := start_of_field(visit, "from")):
        request.from_time.FromDatetime(day)
    for field, name in (("referral", "referral_id"), ("agency", "agency_id"), ("category", "category")):
        if field in question.fields:
            setattr(request, name, visit.query(field))
    found: messages.AnswerQuestionResponse = await visit.ask(
        visit.hub.audit.AnswerQuestion, request, timeout=PATIENCE_SECONDS
    )
    return found


@dataclass(frozen=True, slots=True)
class _Table:
    """The ledger's typed cells in the reader's words."""

    visit: Visit
    columns: Sequence[messages.AnswerColumn]
    who: People

    def heads(self) -> dict[str, str]:
        """What the columns are called."""
        say = self.visit.say
        return {one.name: say(COLUMNS[one.name]) if one.name in COLUMNS else one.name for one in self.columns}

    @property
    def numeric(self) -> frozenset[str]:
        """Those of numbers."""
        kinds = (messages.ANSWER_KIND_NUMBER, messages.ANSWER_KIND_HOURS)
        return frozenset(one.name for one in self.columns if one.kind in kinds)

    def row(self, line: messages.AnswerLine) -> list[str]:
        """As text; ids in full, so that a file can be worked with."""
        return [", ".join(self._texts(column, values)) for column, values in self._cells(line)]

    def shown(self, line: messages.AnswerLine) -> list[Markup]:
        """As a page has it: referrals lead to their history, other ids to their entries."""
        return [
            Markup(", ").join(
                self._way(column, value, text)
                for value, text in zip(values, self._texts(column, values), strict=True)
            )
            for column, values in self._cells(line)
        ]

    def _cells(self, line: messages.AnswerLine) -> Iterable[tuple[messages.AnswerColumn, Sequence[str]]]:
        return zip(self.columns, (cell.values for cell in line.cells), strict=True)

    def _texts(self, column: messages.AnswerColumn, values: Sequence[str]) -> list[str]:
        return [self._text(column, value) for value in values]

    def _text(self, column: messages.AnswerColumn, value: str) -> str:
        written, language = Written(self.visit.language), self.visit.language
        match column.kind:
            case messages.ANSWER_KIND_TIME:
                return written.datetime(datetime.fromisoformat(value))
            case messages.ANSWER_KIND_DAY:
                return written.date(datetime.fromisoformat(value))
            case messages.ANSWER_KIND_NUMBER if value.startswith("<"):
                return self.visit.say("fewer than %(number)s") % {"number": value[1:]}
            case messages.ANSWER_KIND_NUMBER | messages.ANSWER_KIND_HOURS:
                return written.number(float(value))
            case messages.ANSWER_KIND_AGENCY:
                return self.who.agency(value)
            case messages.ANSWER_KIND_PERSON:
                return self.who.name(value)
            case messages.ANSWER_KIND_ID if value in self.who.services:
                return self.who.service(value)
            case messages.ANSWER_KIND_CODE | messages.ANSWER_KIND_ID | messages.ANSWER_KIND_TEXT:
                return code_in(column.name, value, language)
        return value

    def _way(self, column: messages.AnswerColumn, value: str, text: str) -> Markup:
        if column.kind == messages.ANSWER_KIND_REFERRAL:
            return _link(f"/audit/referrals/{value}", text[:8], code=True)
        if column.kind == messages.ANSWER_KIND_ID and text == value:
            return _link(f"/audit/entries?{urlencode({'about': value})}", text[:8], code=True)
        return bidi(text)


def entry_links(entries: Sequence[int]) -> Markup:
    """The ways to entries, by their places."""
    return Markup(" ").join(_link(f"/audit/entries/{one}", f"#{one}") for one in entries)


def search_link(visit: Visit, about: str) -> Markup:
    """The way to what the ledger has of an id, where no entry is known to show it."""
    words = Markup('{}<span class="govuk-visually-hidden"> {}</span>').format(visit.say("Entries"), about[:8])
    return _link(f"/audit/entries?{urlencode({'about': about})}", words)


def _links(visit: Visit, question: Question, number: int, line: messages.AnswerLine, at: datetime) -> Markup:
    """The first of a row's entries, and all of them where there are more."""
    shown = entry_links(line.entries[:MOST_LINKS])
    if line.entry_count <= MOST_LINKS:
        return shown
    given = asked_again(visit, question, row=str(Place(number, at)))
    words = visit.say("all %(number)s") % {"number": Written(visit.language).number(line.entry_count)}
    return shown + Markup(" ") + _link(f"{question.path}/entries?{given}", words)


def _link(href: str, text: str, *, code: bool = False) -> Markup:
    classes = "govuk-link kem-code" if code else "govuk-link"
    return Markup('<a class="{}" href="{}">{}</a>').format(classes, href, bidi(text))
