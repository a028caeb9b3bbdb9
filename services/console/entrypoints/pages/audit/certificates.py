"""The certificate of an erasure: in words, to be printed, and as the file that was hashed."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from starlette.responses import Response

from kem.disclosure.v1 import erasure_service_pb2 as erasure
from kernel import codes
from kernel.errors import NotFound
from services.console.adapters.names import Names
from services.console.entrypoints.codes import named
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.certificate_words import (
    ANSWERS,
    GROUNDS,
    KEY_CLASSES,
    RECORDS,
    ROWS_OF,
)
from services.console.entrypoints.pages.audit.people import NAMES_CALLS, People, people
from services.console.entrypoints.pages.audit.roles import OFFICERS
from services.console.entrypoints.words import words_of

_GET: Final = "ErasureService/GetErasureCertificate"
_HERE: Final = "/audit/erasures/{certificate_id}"


class CertificatePages:
    """The page of one certificate, and its file."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        return (
            Page(_HERE, self.certificate, OFFICERS, (_GET, *NAMES_CALLS)),
            Page(f"{_HERE}/certificate.json", certificate_file, OFFICERS, (_GET,)),
        )

    async def certificate(self, visit: Visit) -> Response:
        """What was destroyed, by whose decision, who was told, what they have answered by now, what stays."""
        found, language = await _certificate(visit), visit.language
        said, now = json.loads(found.document), json.loads(found.answers)
        decided_by = said["decided_by"]["principal_id"]
        self._names.forget_agencies()  # whom it was told is not to be an id because they came a moment ago
        # who is behind an id only an officer of the hub itself is told
        asked = () if visit.staff.agency_id else (decided_by,)
        known = await people(visit, self._names, asked)
        destroyed = said["destroyed"]
        return visit.render(
            "audit/certificate.html",
            title=visit.say("Certificate of an erasure"),
            certificate_id=said["certificate_id"],
            rights_request_id=said["rights_request_id"],
            erased_time=datetime.fromisoformat(said["erased_time"]),
            decided_by=known.name(decided_by) if asked else decided_by,
            categories=[
                words_of(RECORDS, one, language) if one in RECORDS else named(codes.CATEGORIES, one, language)
                for one in destroyed["unreadable_categories"]
            ],
            index_entries=destroyed["index_entries"],
            keys=[
                (words_of(KEY_CLASSES, one["key_class"], language), one["epoch"], one["key_id"])
                for one in destroyed["keys"]
            ],
            epochs=destroyed["final_when_epochs_are_destroyed"],
            recipients=[known.agency(one["agency_id"]) for one in said["recipients"]],
            answers=[_answer(one, known) for one in now["answers"]],
            answers_time=datetime.fromisoformat(now["issued_time"]),
            kept=_kept(said["kept"], language),
            # certificates of before said how many there were of these, too
            kept_or_not=_kept(said.get("kept_or_not", ()), language),
            sha256=found.sha256,
            is_its_own=sha256(found.document.encode()).hexdigest() == found.sha256,
        )


async def certificate_file(visit: Visit) -> Response:
    """The certificate as it was hashed."""
    found = await _certificate(visit)
    name = f"erasure-{visit.path_value('certificate_id')[:8]}.json"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(found.document, media_type="application/json", headers=headers)


async def _certificate(visit: Visit) -> erasure.GetErasureCertificateResponse:
    certificate_id = as_uuid(visit.path_value("certificate_id"))
    if certificate_id is None:
        raise NotFound("There is no such certificate.", reason="CERTIFICATE_NOT_FOUND")
    request = erasure.GetErasureCertificateRequest(certificate_id=str(certificate_id))
    found: erasure.GetErasureCertificateResponse = await visit.ask(
        visit.hub.erasure.GetErasureCertificate, request
    )
    return found


def _answer(one: Mapping[str, Any], known: People) -> dict[str, Any]:
    words, colour = ANSWERS.get(one["answer"], (one["answer"], ""))
    return {
        "agency": known.agency(one["agency_id"]),
        "asked": datetime.fromisoformat(one["asked_time"]),
        "due": datetime.fromisoformat(one["due_time"]),
        "words": known.visit.say(words),
        "colour": colour,
        "answered": datetime.fromisoformat(one["answered_time"]) if one["answered_time"] else None,
        "kinds": (one["kinds_asked"], one["kinds_destroyed"], one["kinds_kept"]),
    }


def _kept(rows: Iterable[Mapping[str, Any]], language: str) -> list[tuple[str, str, int]]:
    """What stays, on which ground, how many of them; in the order of the words."""
    return sorted(
        (
            words_of(ROWS_OF, one["rows_of"], language),
            words_of(GROUNDS, one["ground"], language),
            one.get("count", 0),
        )
        for one in rows
    )
