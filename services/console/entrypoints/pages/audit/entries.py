"""Searching the ledger, and one entry with what proves it."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from google.protobuf.timestamp_pb2 import Timestamp
from starlette.responses import Response

from kem.audit.v1 import audit_service_pb2 as messages
from kernel.errors import NotFound, NotYetKnown
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, text_of
from services.console.entrypoints.forms import as_date, as_uuid
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.checking import COLOURS, FINDINGS, lines_of, verifier_keys
from services.console.entrypoints.pages.audit.roles import READERS
from services.console.entrypoints.pages.audit.telling import NAMES_CALLS, kinds, teller
from services.console.entrypoints.rendering import ATHENS

LIST: Final = "/audit/entries"
_PAGE: Final = 50
_SERVICE: Final = "AuditService/"
_ASKED: Final = ("about", "by", "agency", "kind", "from", "until")
_MOST_DIGITS: Final = 15
_MOST_LETTERS: Final = 80


class EntryPages:
    """The search, and each entry."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        proof = (_SERVICE + "GetInclusionProof", _SERVICE + "ListEntries", _SERVICE + "GetCheckpoint")
        return (
            Page(LIST, self.search, READERS, (_SERVICE + "ListEntries", *NAMES_CALLS)),
            Page(f"{LIST}/{{index}}", self.entry, READERS, (*proof, *NAMES_CALLS)),
        )

    async def search(self, visit: Visit) -> Response:
        """What the ledger has of something, of somebody, of a kind, of a time; all where nothing is named."""
        telling = await teller(visit, self._names)
        request = _request(visit)
        entries, onward, size = [], None, 0
        if not visit.errors:
            listed = await visit.ask(visit.hub.audit.ListEntries, request)
            entries = [telling.tell(one.body) for one in listed.entries]
            onward = listed.next_after_index if listed.HasField("next_after_index") else None
            size = listed.size
        asked = {name: visit.query(name) for name in _ASKED if visit.query(name)}
        return visit.render(
            "audit/entries.html",
            title=visit.say("Search the ledger"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            entries=entries,
            size=size,
            asked={name: visit.query(name) for name in _ASKED},
            is_narrowed=bool(asked),
            is_first=not visit.query("after"),
            first=f"{LIST}?{urlencode(asked)}",
            onward=None if onward is None else f"{LIST}?{urlencode({**asked, 'after': onward})}",
            kinds=kinds(visit),
            agencies=[
                ("", visit.say("All agencies")),
                *by_name((key, text_of(one.name, visit.language)) for key, one in telling.agencies.items()),
            ],
        )

    async def entry(self, visit: Visit) -> Response:
        """One entry, all that it says, and its proof."""
        typed = visit.path_value("index")
        if not typed.isdecimal() or not typed.isascii() or len(typed) > _MOST_DIGITS:
            raise NotFound("The ledger has no such entry.", reason="ENTRY_NOT_FOUND")
        telling, index = await teller(visit, self._names), int(typed)
        audit = visit.hub.audit
        try:
            found = await visit.ask(audit.GetInclusionProof, messages.GetInclusionProofRequest(index=index))
            entry, proof = found.entry, found.proof
        except NotYetKnown:
            request = messages.ListEntriesRequest(page_size=1)
            if index:
                request.after_index = index - 1
            [entry], proof = (await visit.ask(audit.ListEntries, request)).entries, ""
        keys = await verifier_keys(visit)
        lines = lines_of([(telling.tell(entry.body), "", proof)], keys)
        return visit.render(
            "audit/entry.html",
            title=visit.say("Entry %(index)s") % {"index": index},
            lines=lines,
            keys=keys,
            proof=proof,
            findings={code: visit.say(text) for code, text in FINDINGS.items()},
            colours=COLOURS,
        )


def _request(visit: Visit) -> messages.ListEntriesRequest:
    """What was asked for; what cannot be is noted as an error."""
    say, errors = visit.say, visit.errors
    request = messages.ListEntriesRequest(page_size=_PAGE)
    for name, field in (("about", "subject_id"), ("by", "actor_id"), ("agency", "agency_id")):
        typed = visit.query(name)
        if typed and as_uuid(typed) is None:
            errors.add(name, say("This is no id: it has 32 digits and letters, in five groups."))
        elif typed:
            setattr(request, field, str(as_uuid(typed)))
    if kind := visit.query("kind")[:_MOST_LETTERS]:
        request.kind = kind  # one of a newer release too
    for name, field, days in (("from", "from_time", 0), ("until", "until_time", 1)):
        typed = visit.query(name)
        day = as_date(typed)
        if typed and day is None:
            errors.add(name, say("Type the date as day/month/year."))
        elif day is not None:
            start = datetime.combine(day, datetime.min.time(), ATHENS) + timedelta(days=days)
            stamp = Timestamp()
            stamp.FromDatetime(start)
            getattr(request, field).CopyFrom(stamp)
    after = visit.query("after")
    if after.isdecimal() and after.isascii() and len(after) <= _MOST_DIGITS:
        request.after_index = int(after)
    return request
