"""What is done by a request: everything about a person as a file, or a person erased."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response, StreamingResponse

from kem.disclosure.v1 import erasure_service_pb2 as erasure
from kem.disclosure.v1 import rights_service_pb2 as rights
from kernel.errors import Conflict, Invalid, NotFound, NotPermitted, RuleBroken
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.rights_words import PROOFS
from services.console.entrypoints.pages.audit.roles import OFFICERS
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.texts import N_

ERASE_WORD: Final = N_("ERASE")
"""Typed by whoever erases; each language has its own."""
_REFUSALS: Final = (Conflict, Invalid, NotFound, NotPermitted, RuleBroken)
_MOST_OTHERS: Final = 100


async def export(visit: Visit) -> Response:
    """Asks how the person was recognised, and answers with the file; that it was given is on record then."""
    rights_request_id, title = _request_id(visit), visit.say("Everything about a person, as a file")
    if visit.is_sent:
        proof = _proof(visit)
        if not visit.errors:
            request = rights.ExportPersonDataRequest(
                request_id=visit.form.request_id,
                rights_request_id=rights_request_id,
                identity_proof=proof,
            )
            try:
                first = await visit.ask(visit.hub.rights.ExportPersonData, request)
            except _REFUSALS as error:
                visit.errors.add("", str(words_for(error, visit.language)))
            else:
                headers = {
                    "content-disposition": f'attachment; filename="export-{rights_request_id[:8]}.json"'
                }
                pieces = _pieces(visit, request, first)
                return StreamingResponse(pieces, media_type="application/json", headers=headers)
    return _page(visit, "audit/export_person.html", title)


async def _pieces(visit: Visit, request: Any, piece: Any) -> AsyncIterator[bytes]:
    """All pieces of one document; the next is asked for when the last was sent."""
    while True:
        yield piece.document.encode()
        if not piece.next_page_token:
            return
        request.page_token = piece.next_page_token
        piece = await visit.ask(visit.hub.rights.ExportPersonData, request)


async def erase(visit: Visit) -> Response:
    """Says what happens, asks for the word, and erases."""
    rights_request_id, say = _request_id(visit), visit.say
    if visit.is_sent:
        proof, others = _proof(visit), _others(visit)
        if visit.form.text("confirm").casefold() != say(ERASE_WORD).casefold():
            visit.errors.add("confirm", say("Type the word as it stands here. Nothing was erased."))
        if not visit.errors:
            request = erasure.EraseBeneficiaryRequest(
                request_id=visit.form.request_id,
                rights_request_id=rights_request_id,
                identity_proof=proof,
                other_beneficiary_ids=others,
            )
            try:
                erased = await visit.ask(visit.hub.erasure.EraseBeneficiary, request)
            except _REFUSALS as error:
                visit.errors.add("", str(words_for(error, visit.language)))
            else:
                return visit.go(f"/audit/erasures/{erased.certificate_id}", "person-erased")
    return _page(visit, "audit/erase.html", say("Erase a person"), erase_word=say(ERASE_WORD))


def _request_id(visit: Visit) -> str:
    found = as_uuid(visit.path_value("rights_request_id"))
    if found is None:
        raise NotFound("There is no such request.", reason="RIGHTS_REQUEST_NOT_FOUND")
    return str(found)


def _proof(visit: Visit) -> rights.IdentityProof.ValueType:
    proof = visit.form.text("identity_proof")
    if proof not in PROOFS:
        visit.errors.add("identity_proof", visit.say("Say how who asks was told to be who they are."))
        return rights.IDENTITY_PROOF_UNSPECIFIED
    return rights.IdentityProof.Value(f"IDENTITY_PROOF_{proof}")


def _others(visit: Visit) -> list[str]:
    """The other records of the person, by their ids: one a line."""
    found = []
    for typed in visit.form.text("others").split():
        one = as_uuid(typed)
        if one is None:
            visit.errors.add(
                "others", visit.say("This is no id: it has 32 digits and letters, in five groups.")
            )
        else:
            found.append(str(one))
    if len(found) > _MOST_OTHERS:
        visit.errors.add("others", visit.say("At most 100."))
    return found


def _page(visit: Visit, template: str, title: str, **context: Any) -> Response:
    return visit.render(
        template,
        title=title,
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        proofs=[(code, visit.say(text)) for code, text in PROOFS.items()],
        **context,
    )


_BOTH: Final = ("GET", "POST")
PAGES: Final = (
    Page(
        "/audit/rights/{rights_request_id}/export",
        export,
        OFFICERS,
        ("RightsService/ExportPersonData",),
        _BOTH,
    ),
    Page(
        "/audit/rights/{rights_request_id}/erasure",
        erase,
        OFFICERS,
        ("ErasureService/EraseBeneficiary",),
        _BOTH,
    ),
)
