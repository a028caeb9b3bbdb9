"""The history of a referral or a person, each line with its proof; and as a file that verifies anywhere."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

from starlette.responses import Response, StreamingResponse

from kem.audit.v1 import audit_service_pb2 as messages
from kernel.errors import NotFound
from services.console.adapters.names import Names
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.checking import COLOURS, FINDINGS, lines_of, verifier_keys
from services.console.entrypoints.pages.audit.kinds import STAGE_COLOURS, STAGES
from services.console.entrypoints.pages.audit.roles import READERS
from services.console.entrypoints.pages.audit.telling import NAMES_CALLS, teller
from services.console.entrypoints.words import word

FORMAT: Final = "kem-trace/1"
"""As `./kem audit trace --proof` writes it and `./kem audit verify` reads it."""
LINES: Final = 45
"""On one page: a line is about three kilobytes with its entry and its proof."""
_SERVICE: Final = "AuditService/"
_MOST_DIGITS: Final = 15


class HistoryPages:
    """Histories of referrals and of people."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        found = [
            Page("/audit/referrals", self.ask_for_referral, READERS),
            Page("/audit/people", self.ask_for_person, READERS),
        ]
        for path, name in (("/audit/referrals", "TraceReferral"), ("/audit/people", "TraceBeneficiary")):
            calls = (_SERVICE + name, _SERVICE + "GetCheckpoint")
            is_person = name == "TraceBeneficiary"
            found.append(
                Page(f"{path}/{{subject_id}}", self._history(is_person), READERS, (*calls, *NAMES_CALLS))
            )
            found.append(Page(f"{path}/{{subject_id}}/proof.json", self._file(is_person), READERS, calls))
        return tuple(found)

    async def ask_for_referral(self, visit: Visit) -> Response:
        """By its id."""
        return _asked(visit, "/audit/referrals", visit.say("Trace a referral"), is_person=False)

    async def ask_for_person(self, visit: Visit) -> Response:
        """By their random id: whoever knows them by name or case code is at the desk."""
        return _asked(visit, "/audit/people", visit.say("Who saw a person's data"), is_person=True)

    def _history(self, is_person: bool) -> Any:
        async def history(visit: Visit) -> Response:
            subject_id, after = _subject(visit), visit.query("after")
            request = _request(subject_id, is_person=is_person)
            request.page_size = LINES
            if after.isdecimal() and after.isascii() and len(after) <= _MOST_DIGITS:
                request.after_index = int(after)
            page = await visit.ask(_method(visit, is_person=is_person), request)
            telling, keys = await teller(visit, self._names), await verifier_keys(visit)
            rows = [
                (telling.tell(one.entry.body), word(messages.Stage, one.stage, "STAGE_"), one.proof)
                for one in page.entries
            ]
            lines = lines_of(rows, keys)
            say = visit.say
            return visit.render(
                "audit/history.html",
                title=say("History of a person's data") if is_person else say("History of a referral"),
                subject_id=subject_id,
                is_person=is_person,
                lines=lines,
                keys=keys,
                note=next((one.note for one in lines if one.note), ""),
                here=visit.request.url.path,
                is_first=not after,
                onward=page.next_after_index if page.HasField("next_after_index") else None,
                stages={code: say(text) for code, text in STAGES.items()},
                stage_colours=STAGE_COLOURS,
                findings={code: say(text) for code, text in FINDINGS.items()},
                colours=COLOURS,
            )

        return history

    def _file(self, is_person: bool) -> Any:
        async def file(visit: Visit) -> Response:
            subject_id = _subject(visit)
            # the first page is asked for before the answer begins: what is refused is refused as a page
            request = _request(subject_id, is_person=is_person)
            method = _method(visit, is_person=is_person)
            first, keys = await visit.ask(method, request), await verifier_keys(visit)
            name = "person" if is_person else "referral"
            headers = {"content-disposition": f'attachment; filename="{name}-{subject_id[:8]}.kem-trace"'}
            rest = _entries(visit, method, request, first)
            return StreamingResponse(
                _bundle(subject_id, keys, rest), media_type="application/json", headers=headers
            )

        return file


async def _entries(visit: Visit, method: Any, request: Any, page: Any) -> AsyncIterator[messages.TracedEntry]:
    """All pages, the next one when the last has been sent; what no checkpoint covers yet is left to later."""
    while True:
        for one in page.entries:
            if not one.proof:
                return
            yield one
        if not page.HasField("next_after_index"):
            return
        request.after_index = page.next_after_index
        page = await visit.ask(method, request)


async def _bundle(
    subject_id: str, keys: list[str], entries: AsyncIterator[messages.TracedEntry]
) -> AsyncIterator[bytes]:
    head = json.dumps({"format": FORMAT, "id": subject_id, "keys": keys}, ensure_ascii=False)
    yield (head.removesuffix("}") + ', "entries": [').encode()
    mark = "\n"
    async for one in entries:
        line = json.dumps({"body": one.entry.body, "proof": one.proof}, ensure_ascii=False)
        yield (mark + line).encode()
        mark = ",\n"
    yield b"\n]}\n"


def _asked(visit: Visit, path: str, title: str, *, is_person: bool) -> Response:
    typed = visit.query("id")
    subject_id = as_uuid(typed)
    if subject_id is not None:
        return visit.go(f"{path}/{subject_id}")
    if typed:
        visit.errors.add("id", visit.say("This is no id: it has 32 digits and letters, in five groups."))
    return visit.render(
        "audit/ask_for.html", title=title, code=400 if typed else 200, typed=typed, is_person=is_person
    )


def _subject(visit: Visit) -> str:
    found = as_uuid(visit.path_value("subject_id"))
    if found is None:
        raise NotFound("No entry of the ledger names it; check the id.", reason="HISTORY_NOT_FOUND")
    return str(found)


def _request(subject_id: str, *, is_person: bool) -> Any:
    if is_person:
        return messages.TraceBeneficiaryRequest(beneficiary_id=subject_id, with_proofs=True)
    return messages.TraceReferralRequest(referral_id=subject_id, with_proofs=True)


def _method(visit: Visit, *, is_person: bool) -> Any:
    return visit.hub.audit.TraceBeneficiary if is_person else visit.hub.audit.TraceReferral
