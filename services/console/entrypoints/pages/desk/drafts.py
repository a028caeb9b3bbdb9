"""Forms that are not finished: kept by intake, sealed, for whoever writes them, for a day."""

import json
from contextlib import suppress
from datetime import UTC
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from markupsafe import Markup
from starlette.responses import JSONResponse, Response

from kem.intake.v1 import draft_service_pb2 as messages
from kernel.errors import KemError, NotAuthenticated, NotFound
from services.console.entrypoints.forms import Form, as_uuid
from services.console.entrypoints.held_form import held_form
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.refusals import words_for

_SERVICE: Final = "DraftService/"
_OWN_FIELDS: Final = frozenset({"csrf", "draft", "kind", "about", "keep"})
"""Of the page itself, not of what somebody writes. `request_id` is kept with that: a form that was sent, and
whose draft is still there, counts once."""
FORMS: Final = {
    "PERSON": "/desk/people/new",
    "NEEDS": "/desk/people/{about}/needs",
    "CONSENT": "/desk/people/{about}/consents/new",
}
"""Where each kind of form is."""


async def drafts(visit: Visit) -> Response:
    """What whoever looks has begun and not finished."""
    listed = await visit.ask(visit.hub.drafts.ListDrafts, messages.ListDraftsRequest())
    names = {
        "PERSON": visit.say("A person to register"),
        "NEEDS": visit.say("Needs to record"),
        "CONSENT": visit.say("A consent to record"),
    }
    return visit.render(
        "desk/drafts.html",
        title=visit.say("Begun and not finished"),
        drafts=[
            {
                "draft_id": one.draft_id,
                "name": names.get(one.kind, one.kind),
                "href": f"{FORMS[one.kind].format(about=one.beneficiary_id)}?draft={one.draft_id}",
                "saved_time": one.saved_time.ToDatetime(tzinfo=UTC),
                "expires_time": one.expires_time.ToDatetime(tzinfo=UTC),
            }
            for one in listed.drafts
            if one.kind in FORMS
        ],
    )


async def save(visit: Visit) -> Response:
    """Keeps a form as it is: for the script of its page, which says so, and for the button beside it."""
    if visit.is_shown_again:
        return held_form(visit)
    draft_id, form = visit.path_value("draft"), visit.form
    if as_uuid(draft_id) is None or form.text("kind") not in FORMS:
        raise NotFound("There is no such form.")
    content = {name: form.all(name) for name in form.names if name not in _OWN_FIELDS}
    request = messages.SaveDraftRequest(
        request_id=str(uuid4()),  # what was typed since the last time is another request
        draft_id=draft_id,
        kind=form.text("kind"),
        content=json.dumps(content, ensure_ascii=False).encode(),
        beneficiary_id=form.text("about") or None,
    )
    try:
        saved = await visit.ask(visit.hub.drafts.SaveDraft, request)
    except KemError as error:
        if form.has("keep") or isinstance(error, NotAuthenticated):
            raise
        said = words_for(error, visit.language)
        words = said.striptags() if isinstance(said, Markup) else said
        return JSONResponse({"words": words}, HTTPStatus.CONFLICT)
    if form.has("keep"):
        return visit.go("/desk/drafts", "draft-kept")
    return JSONResponse({"revision": saved.revision})


async def discard(visit: Visit) -> Response:
    """Destroys one."""
    draft_id = visit.path_value("draft")
    if as_uuid(draft_id) is not None:
        with suppress(NotFound):  # it is gone already
            await _discard(visit, draft_id)
    return visit.go("/desk/drafts", "draft-discarded")


async def take_up(visit: Visit) -> None:
    """Fills the page's form in with the draft of its address, where that names one.

    Raises:
        NotFound: it is gone, or somebody else's.
    """
    draft_id = visit.query("draft")
    if not draft_id or visit.is_shown_again:
        return
    if as_uuid(draft_id) is None:
        raise NotFound("There is no such draft.")
    found = await visit.ask(visit.hub.drafts.GetDraft, messages.GetDraftRequest(draft_id=draft_id))
    fields = json.loads(found.content)
    visit.form = Form.of({str(name): [str(one) for one in values] for name, values in fields.items()})


async def forget(visit: Visit, draft_id: str) -> None:
    """Destroys a draft whose form was sent.

    Never refuses: what was sent is done, and its page is to say so. A draft that stays ends by itself; sent
    again, it is the same request.
    """
    if as_uuid(draft_id) is None:
        return
    with suppress(KemError):
        await _discard(visit, draft_id)


async def _discard(visit: Visit, draft_id: str) -> None:
    request = messages.DiscardDraftRequest(request_id=str(uuid4()), draft_id=draft_id)
    await visit.ask(visit.hub.drafts.DiscardDraft, request)


def draft_of(visit: Visit) -> str:
    """The id under which the page's form is kept: the same from page to page of one form."""
    known = visit.form.text("draft") or visit.query("draft")
    return known if as_uuid(known) else str(uuid4())


TAKES_UP: Final = (_SERVICE + "GetDraft", _SERVICE + "DiscardDraft")
PAGES: Final = (
    Page("/desk/drafts", drafts, DESK, (_SERVICE + "ListDrafts",), nav=NavigationEntry("Drafts", 30)),
    Page("/desk/drafts/{draft}", save, DESK, (_SERVICE + "SaveDraft",), ("POST",), shows_again=True),
    Page("/desk/drafts/{draft}/discard", discard, DESK, (_SERVICE + "DiscardDraft",), ("POST",)),
)
