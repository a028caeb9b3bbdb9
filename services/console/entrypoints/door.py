"""The way of every request to its page: language, session, role, form, and words for what goes wrong."""

import time
from contextlib import suppress
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode
from uuid import uuid4

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from chassis.logs import places_of
from chassis.trace_context import current_trace_id
from kernel.errors import (
    Exhausted,
    Invalid,
    KemError,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    Unavailable,
)
from kernel.vocabulary import Role
from services.console.adapters.hub import Hub, asks_by_itself, made_calls
from services.console.adapters.to_answer import ToAnswer
from services.console.entrypoints.cookies import Cookies
from services.console.entrypoints.held_form import held_form, show_again, words_for_others
from services.console.entrypoints.kept import can_be_kept, kept_form
from services.console.entrypoints.measures import page_seconds
from services.console.entrypoints.page import Page, Visit, public
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.security import BodyTooLarge
from services.console.entrypoints.sent_forms import (
    FileRefused,
    FormOfAnotherSession,
    FormOfSomebodyElse,
    FormRefused,
    SentForms,
)
from services.console.entrypoints.sessions import Sessions, User

AGENCY_STAFF: Final = frozenset({Role.AGENCY_MEMBER, Role.AGENCY_ADMIN})
COUNTED_ANEW: Final = frozenset({"/home", "/partner", "/partner/withdrawals"})
"""Pages that say what an agency must answer: as it is now; others as it was some seconds ago at most."""
FOLLOWS: Final = "x-kem-follows"
"""Of a request that an open page makes because something has changed (look/console.js)."""
_CODES: Final = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (NotPermitted, HTTPStatus.FORBIDDEN),
    (Invalid, HTTPStatus.BAD_REQUEST),
    (Exhausted, HTTPStatus.TOO_MANY_REQUESTS),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (KemError, HTTPStatus.CONFLICT),
)

log = structlog.get_logger(__name__)


class Door:
    """Answers requests for pages.

    Args:
        url: by which browsers know the console.
    """

    def __init__(self, hub: Hub, sessions: Sessions, cookies: Cookies, url: str) -> None:
        self._hub = hub
        self._sessions = sessions
        self._cookies = cookies
        self._forms = SentForms(hub.signer.derived_key("forms of the console"), cookies, url)
        self._to_answer = ToAnswer(hub)
        self.pages: tuple[Page, ...] = ()

    async def answer(self, request: Request, page: Page) -> Response:
        """What the page says to this request, whatever happens; how long it took, and by how many calls."""
        began, calls = time.monotonic(), list[str]()
        made_calls.set(calls)
        request.state.made_calls = calls
        response = await self._answer(request, page)
        seconds = time.monotonic() - began
        page_seconds.record(seconds, {"page": page.path, "code": str(response.status_code)})
        response.headers["server-timing"] = f'page;dur={seconds * 1000:.1f}, calls;desc="{len(calls)}"'
        return response

    async def nowhere(self, request: Request) -> Response:
        """For an address at which there is nothing."""
        user = None
        with suppress(KemError):  # who looks is not needed to say that there is nothing
            if token := self._cookies.session_of(request):
                user = await self._sessions.user_of(token, by_itself=FOLLOWS in request.headers)
        visit = self._visit(request, _ANYWHERE if user is None else _ANYWHERE_OF_STAFF, user)
        return self._cookies.keep_visitor(request, _said(visit, HTTPStatus.NOT_FOUND))

    async def _answer(self, request: Request, page: Page) -> Response:
        wanted = request.query_params.get("lang", "")
        if wanted in page.languages and request.method == "GET":
            return self._cookies.keep_language(_without(request, "lang"), wanted)
        visit = self._visit(request, page, None)
        try:
            token = visit.session_token = self._cookies.session_of(request)
            by_itself = page.is_asked_by_itself or (not visit.is_sent and FOLLOWS in request.headers)
            asks_by_itself.set(by_itself)
            visit.user = await self._sessions.user_of(token, by_itself=by_itself) if token else None
            visit.csrf = self._forms.token(visit)
            if not page.is_open_to(visit.user):
                if visit.is_sent and visit.user is None:
                    visit.form = await self._forms.look_at(request)
                    # whoever signs in now has to be the one who has written it
                    visit.csrf = self._forms.token_of_its_writer(visit)
                return self._keep_out(visit)
            if visit.is_sent:
                await self._read_form(visit)
            await self._count(visit)
            response = await page.act(visit)
            if visit.is_shown_again:
                response.status_code = HTTPStatus.FORBIDDEN
        except FormOfAnotherSession as found:
            visit.form = found.form
            response = held_form(visit) if can_be_kept(visit) else _not_taken(visit)
        except KemError as error:
            response = await self._refused(visit, error)
        except FileRefused:
            words = visit.say("Files are not taken. Nothing was saved.")
            response = _said(visit, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, words)
        except FormOfSomebodyElse:
            response = _said(visit, HTTPStatus.FORBIDDEN, words_for_others(visit))
        except FormRefused:
            response = _not_taken(visit)
        except BodyTooLarge:
            response = _said(
                visit,
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                visit.say(
                    "What was sent is longer than a form can be. Files are not taken. Nothing was saved."
                ),
            )
        except Exception as error:
            reference = current_trace_id() or uuid4().hex
            log.error(
                "page_failed",
                page=page.path,
                error=type(error).__name__,
                places=places_of(error),
                trace_id=reference,
            )
            words = visit.say("Nothing is lost by trying again. What was saved before is still there.")
            response = _said(visit, HTTPStatus.INTERNAL_SERVER_ERROR, words, reference)
        return self._cookies.keep_visitor(request, response)

    async def _count(self, visit: Visit) -> None:
        """What the reader's agency must still say of, for the navigation of all its people's pages."""
        user, page = visit.user, visit.page
        if user is None or user.agency_id is None or page.roles is None or page.is_asked_by_itself:
            return
        if user.has(*AGENCY_STAFF):
            anew = page.path in COUNTED_ANEW
            visit.to_answer = await self._to_answer.of(user.agency_id, user.metadata, anew=anew)

    def _visit(self, request: Request, page: Page, user: User | None) -> Visit:
        language = self._cookies.language_of(request, page.languages)
        visit = Visit(request, page, self._hub, language, user, "", self.pages)
        visit.csrf = self._forms.token(visit)
        return visit

    def _keep_out(self, visit: Visit) -> Response:
        if visit.user is not None:
            return _said(
                visit,
                HTTPStatus.FORBIDDEN,
                visit.say("Your role does not open this page. If it should, ask whoever keeps the accounts."),
            )
        if _is_fetched(visit):
            return PlainTextResponse("signed out\n", HTTPStatus.UNAUTHORIZED)
        if visit.is_sent:
            return held_form(visit) if can_be_kept(visit) else visit.go("/sign-in", "not-saved")
        back = visit.request.url.path
        address = f"/sign-in?{urlencode({'next': back})}" if back not in ("", "/home") else "/sign-in"
        return RedirectResponse(address, HTTPStatus.SEE_OTHER)

    async def _refused(self, visit: Visit, error: KemError) -> Response:
        if isinstance(error, NotAuthenticated):
            response = self._keep_out_of_session(visit)
            return self._cookies.forget_session(response)
        code = next(code for kind, code in _CODES if isinstance(error, kind))
        if code in _PASSING and visit.is_sent and not visit.form.names:
            with suppress(FormRefused, BodyTooLarge):
                visit.form = await self._forms.look_at(visit.request)  # nobody could say who had sent it
                visit.csrf = visit.form.text("csrf")
        return _said(visit, code, words_for(error, visit.language))

    def _keep_out_of_session(self, visit: Visit) -> Response:
        visit.user = None
        return (
            self._keep_out(visit)
            if visit.page.roles is not None
            else RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        )

    async def _read_form(self, visit: Visit) -> None:
        """What was sent, for the page to act upon; of a session before it is to be looked at and sent anew.

        Raises:
            FormOfAnotherSession: so was this, and the page does not show forms again by itself.
            FormOfSomebodyElse: whoever had signed in before has written it.
            FormRefused: another site, or another browser, has sent it; or it is none.
        """
        try:
            visit.form = await self._forms.read(visit)
        except FormOfAnotherSession as found:
            if not visit.page.shows_again:
                raise
            show_again(visit, found.form)


def _is_fetched(visit: Visit) -> bool:
    """Whether a script has asked, which can do nothing with a page to sign in."""
    return visit.request.headers.get("sec-fetch-dest") == "empty" or visit.page.is_asked_by_itself


def _not_taken(visit: Visit) -> Response:
    words = visit.say(
        "This form is not one that your browser got from here, or it has lain open too long."
        " Go back, load the page anew and send it again. Nothing was saved."
    )
    return _said(visit, HTTPStatus.FORBIDDEN, words)


def _said(visit: Visit, code: HTTPStatus, words: str = "", reference: str = "") -> Response:
    """A page that says what is wrong and what to do.

    Args:
        reference: by which whoever runs the hub finds in the logs what happened.
    """
    if code is HTTPStatus.NOT_FOUND and not words:
        words = visit.say("Perhaps the address has a slip, or what was here is here no longer.")
    titles = {
        HTTPStatus.NOT_FOUND: visit.say("There is nothing here"),
        HTTPStatus.FORBIDDEN: visit.say("This is not open to you"),
        HTTPStatus.TOO_MANY_REQUESTS: visit.say("Too much at once"),
        HTTPStatus.SERVICE_UNAVAILABLE: visit.say("For a moment this does not work"),
        HTTPStatus.INTERNAL_SERVER_ERROR: visit.say("Something went wrong on our side"),
    }
    title = titles.get(code, visit.say("This could not be done"))
    if code in (*_PASSING, HTTPStatus.INTERNAL_SERVER_ERROR) and visit.is_sent and can_be_kept(visit):
        return _for_a_while(kept_form(visit, code, title, words, reference), code)
    asked = visit.request.url
    again = f"{asked.path}?{asked.query}" if asked.query else asked.path
    response = visit.render(
        "error.html",
        title=title,
        code=code,
        heading=title,
        text=words,
        reference=reference,
        again=again if code in _PASSING and not visit.is_sent else "",
        was_sent=code in _PASSING and visit.is_sent,
    )
    return _for_a_while(response, code)


def _for_a_while(response: Response, code: HTTPStatus) -> Response:
    """Says when to come back, where that may help."""
    if code in _PASSING:
        response.headers["retry-after"] = "5"
    return response


_PASSING: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


def _without(request: Request, name: str) -> Response:
    """The same address without one of its questions."""
    rest = [(key, value) for key, value in request.query_params.multi_items() if key != name]
    path = quote(request.url.path)
    return RedirectResponse(f"{path}?{urlencode(rest)}" if rest else path, HTTPStatus.SEE_OTHER)


async def _nothing(visit: Visit) -> Response:
    return _said(visit, HTTPStatus.NOT_FOUND)


_ANYWHERE: Final = public("", _nothing)
_ANYWHERE_OF_STAFF: Final = Page("", _nothing, None)
"""For whoever has signed in: it looks like their other pages."""
