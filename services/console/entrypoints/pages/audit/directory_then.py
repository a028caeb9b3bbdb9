"""What the directory said when a referral was matched: each row that the ledger cites, as it stood then."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from kem.directory.v1 import directory_service_pb2 as directory
from kernel import codes
from services.console.adapters.names import Names
from services.console.entrypoints.codes import languages_spoken, named, text_of
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.answers import MOST_ROWS, Answer
from services.console.entrypoints.pages.audit.asking import Asking, Question
from services.console.entrypoints.pages.audit.ledger_questions import Place, answer_of, entry_links
from services.console.entrypoints.pages.audit.ledger_words import WORDS
from services.console.entrypoints.pages.audit.people import People, people
from services.console.entrypoints.rendering import Written, bidi
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import HOUSEHOLDS, SEXES, age, service_type, words_of

DIRECTORY: Final = Question(
    "directory",
    N_("What did the directory say when this was matched?"),
    "CASES",
    ("AuditService/AnswerQuestion", "DirectoryService/BatchGetServiceVersions"),
    ("referral",),
    ("referral",),
    file_rows=MOST_ROWS,
)
_AT_ONCE: Final = 200
"""Rows in one call."""

_Row = tuple[str, int]
"""A service, and the version of its row."""


class DirectoryThenPages:
    """This question."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._asking = Asking(names)

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its addresses."""
        return self._asking.pages(DIRECTORY, self._ask)

    async def _ask(self, visit: Visit, after: str, most: int) -> Answer:
        place, say = Place.read(after), visit.say
        found = await answer_of(visit, DIRECTORY, place, place.offset + most)
        lines = found.lines[place.offset :]
        cited = [(line.cells[2].values[0], int(line.cells[3].values[0])) for line in lines]
        rows = await _rows(visit, cited)
        who = await people(visit, self._names, (one.saved_by_id for one in rows.values()))
        written = Written(visit.language)
        told = [
            [
                written.datetime(datetime.fromisoformat(line.cells[0].values[0])),
                say(WORDS[line.cells[1].values[0]]),
                *_said(visit, who, (service_id, version), rows.get((service_id, version))),
            ]
            for line, (service_id, version) in zip(lines, cited, strict=True)
        ]
        at = found.at_time.ToDatetime(tzinfo=UTC)
        return Answer(
            columns={
                "time": say("When"),
                "how": say("How"),
                "service": say("Service"),
                "agency": say("Agency"),
                "type": say("What it offers"),
                "version": say("Version"),
                "saved": say("Saved"),
                "saved_by": say("By whom"),
                "replaced": say("Replaced"),
                "takes": say("Takes"),
                "languages": say("Languages"),
            },
            rows=told,
            onward=str(Place(place.offset + len(lines), at)) if found.lines_left_out else "",
            shown=[
                [*map(bidi, row), entry_links(line.entries)] for row, line in zip(told, lines, strict=True)
            ],
            entries=[line.entries for line in lines],
        )


async def _rows(visit: Visit, cited: Iterable[_Row]) -> dict[_Row, directory.ServiceVersion]:
    """Each row once, all that a page shows by one call; without what the directory does not tell."""
    wanted = list(dict.fromkeys(cited))
    rows: dict[_Row, directory.ServiceVersion] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        asked = [
            directory.CitedService(service_id=service_id, version=version)
            for service_id, version in wanted[first : first + _AT_ONCE]
        ]
        request = directory.BatchGetServiceVersionsRequest(cited=asked)
        found = await visit.ask(visit.hub.directory.BatchGetServiceVersions, request)
        rows |= {(one.service.service_id, one.version): one for one in found.versions}
    return rows


def _said(visit: Visit, who: People, cited: _Row, found: directory.ServiceVersion | None) -> tuple[str, ...]:
    """The row, from its name on."""
    if found is None:
        return (visit.say("not told by the directory"), "", "", str(cited[1]), *[""] * 5)
    service, language = found.service, visit.language
    takes = _takes(visit, found)
    return (
        text_of(service.name, language),
        who.agency(service.agency_id),
        service_type(service.service_type, language),
        str(found.version),
        who.time(found.saved_time),
        who.name(found.saved_by_id),
        who.time(found.replaced_time) if found.HasField("replaced_time") else visit.say("it stands"),
        ("; ".join([visit.say("NOBODY, FOR NOW"), takes]) if found.suspended else takes),
        languages_spoken(service.languages, language),
    )


def _takes(visit: Visit, found: directory.ServiceVersion) -> str:
    rules, language = found.service.eligibility, visit.language
    parts = [
        ", ".join(age(one, language) for one in rules.age_bands),
        ", ".join(words_of(SEXES, one, language) for one in rules.sexes),
        ", ".join(words_of(HOUSEHOLDS, one, language) for one in rules.household_bands),
        named(codes.STATUS_FAMILIES, rules.status_rule, language) if rules.status_rule else "",
        ", ".join(named(codes.DISTRICTS, one, language) for one in found.service.areas),
    ]
    return "; ".join(part for part in parts if part) or visit.say("everybody")
