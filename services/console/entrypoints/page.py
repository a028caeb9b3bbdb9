"""A page: its address, who may see it, and what it is given when somebody looks at it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import compile_path

from kem.disclosure.v1.waiting_service_pb2 import Waiting
from kernel.vocabulary import Role
from services.console.adapters.catalogue import (
    OWN_NAMES,
    PUBLIC_LANGUAGES,
    STAFF_LANGUAGES,
    texts_in,
)
from services.console.adapters.hub import Hub, Metadata, ask
from services.console.entrypoints.forms import Errors, Form, new_request_id
from services.console.entrypoints.rendering import render
from services.console.entrypoints.sessions import User

EVERYBODY: Final = None
"""As the roles of a page that is open without a sign-in."""


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """How a page stands in the navigation of those who may see it; `text` is translated where it is shown."""

    text: str
    order: int


Act = Callable[["Visit"], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Page:
    """One address and what answers there.

    Args:
        roles: who may see it, any of them; EVERYBODY for the public's.
        calls: the methods that it may call at the services, as `ReferralService/GetReferral`: a test compares
            who may call them with who may see the page, and a page's calls with these.
        calls_of: methods that it calls beside those for readers with a role, and for nobody else.
        shows_again: whether a form that was sent after its session had ended is shown again as it was filled
            in, to be sent once more (entrypoints/held_form.py); never where secrets are typed.
        is_person_facing: whether somebody may look at it beside the person: it has a way out at once.
        is_asked_by_itself: whether browsers ask for it while nobody does anything: it uses no session.
    """

    path: str
    act: Act
    roles: frozenset[Role] | None
    calls: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("GET",)
    languages: tuple[str, ...] = STAFF_LANGUAGES
    nav: NavigationEntry | None = None
    is_person_facing: bool = False
    is_asked_by_itself: bool = False
    calls_of: Mapping[Role, tuple[str, ...]] = field(default_factory=dict)
    shows_again: bool = False

    def is_open_to(self, user: User | None) -> bool:
        """Whether somebody may see it."""
        return self.roles is None or (user is not None and not self.roles.isdisjoint(user.roles))


def public(path: str, act: Act, **given: Any) -> Page:
    """A page for everybody, in every language of the public's."""
    return Page(path, act, EVERYBODY, languages=PUBLIC_LANGUAGES, is_person_facing=True, **given)


@dataclass(slots=True)
class Visit:
    """Somebody looks at a page: what was asked, by whom, in which language, and the means to answer."""

    request: Request
    page: Page
    hub: Hub
    language: str
    user: User | None
    csrf: str
    all_pages: tuple[Page, ...]
    session_token: str = field(default="", repr=False)
    to_answer: Waiting | None = None
    """What the reader's agency must still say of; None where nobody has counted it."""
    form: Form = field(default_factory=Form)
    errors: Errors = field(default_factory=Errors)
    is_shown_again: bool = False
    """Whether `form` was sent from a session that has ended: it is shown, and nothing is done yet."""

    @property
    def is_sent(self) -> bool:
        """Whether a form was sent, to be acted upon, rather than a page asked for."""
        return self.request.method == "POST" and not self.is_shown_again

    @property
    def staff(self) -> User:
        """Who looks; only on pages that are not for everybody."""
        if self.user is None:
            raise RuntimeError("a page for everybody asks who looks at it")
        return self.user

    def path_value(self, name: str) -> str:
        """A part of the address."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str:
        """What stands after the question mark; empty where nothing does."""
        return self.request.query_params.get(name, "").strip()

    def say(self, message: str) -> str:
        """A text in the reader's language. The extraction of texts knows this name as it knows `_`."""
        return texts_in(self.language).gettext(message)

    async def ask(self, method: Callable[..., Any], request: Any, **given: Any) -> Any:
        """A service's answer to whoever looks; to the console itself where nobody has signed in.

        Raises:
            KemError: in the service's own words; the page around shows it unless this page does.
        """
        metadata: Metadata = self.user.metadata if self.user else self.hub.as_itself()
        return await ask(method, request, metadata, **given)

    def render(self, template: str, *, title: str, code: int = HTTPStatus.OK, **context: Any) -> Response:
        """The page, in the reader's language."""
        return HTMLResponse(
            render(self.language, template, self._frame() | {"title": title} | context), int(code)
        )

    def go(self, path: str, said: str = "") -> Response:
        """On to another page, which says in its banner that something was done.

        Args:
            said: a code of `said.html`, never words.
        """
        mark = "&" if "?" in path else "?"
        return RedirectResponse(f"{path}{mark}said={quote(said)}" if said else path, HTTPStatus.SEE_OTHER)

    def _readable(self, here: str) -> str:
        """This page's address where it can be asked for, else that of the page to which its form belongs."""
        if "GET" in self.page.methods:
            return here
        readable = [compile_path(one.path)[0] for one in self.all_pages if "GET" in one.methods]
        above = here
        while above := above.rpartition("/")[0]:
            if any(one.match(above) for one in readable):
                return above
        return "/home"

    def _frame(self) -> dict[str, Any]:
        user = self.user
        entries = [
            one
            for one in self.all_pages
            # who has signed in is at work: the public's pages are in the footer then
            if one.nav is not None and one.is_open_to(user) and not (user and one.roles is EVERYBODY)
        ]
        entries.sort(key=lambda one: one.nav.order if one.nav else 0)
        here = self.request.url.path
        above = [one.path for one in entries if here == one.path or here.startswith(one.path + "/")]
        current = max(above, key=len, default="")
        return {
            "path": self._readable(here),
            "asked_with": [
                (name, value)
                for name, value in self.request.query_params.multi_items()
                if name not in ("lang", "said")
            ],
            "languages": [(code, OWN_NAMES[code]) for code in self.page.languages],
            "user": user,
            "nav": [
                (one.path, self.say(one.nav.text), one.path == current)
                for one in entries
                if one.nav is not None
            ],
            "csrf": self.csrf,
            "to_answer": self.to_answer,
            "request_id": self.form.text("request_id") or new_request_id(),
            "form": self.form,
            "errors": self.errors,
            "error": bool(self.errors),
            "said": self.query("said"),
            "quick_exit": self.page.is_person_facing,
            "now": datetime.now(UTC),
        }
