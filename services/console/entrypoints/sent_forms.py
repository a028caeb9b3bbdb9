"""Forms as they are given out and come back: by marks each says which browser got it, who, in which session.

Only this console can make the marks. What comes without that of its browser was sent by another site, and is
neither acted upon nor shown.
"""

import hmac
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from services.console.entrypoints.cookies import Cookies
from services.console.entrypoints.forms import MOST_FIELDS, Form
from services.console.entrypoints.page import EVERYBODY, Visit

FORM_TYPE: Final = "application/x-www-form-urlencoded"
FILES_TYPE: Final = "multipart/form-data"
_AND: Final = "."


class FormRefused(Exception):
    """A form that this console has not given out to this browser, or that is none."""


class FileRefused(FormRefused):
    """A form that sends files, which none of the console's does."""


class FormOfSomebodyElse(FormRefused):
    """A form that was given to whoever had signed in here before."""


class FormOfAnotherSession(FormRefused):
    """A form from here, of another session than the browser's: that one has ended, and its writer is back."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form


class SentForms:
    """Makes the tokens of forms, and reads the forms that are sent with them.

    Args:
        key: of the marks.
        url: by which browsers know the console.
    """

    def __init__(self, key: bytes, cookies: Cookies, url: str) -> None:
        self._key = key
        self._cookies = cookies
        self._origin = urlsplit(url)

    def token(self, visit: Visit) -> str:
        """For the forms of a page that is given to whoever looks."""
        return self._token(visit.request, self._writer(visit))

    def token_of_its_writer(self, visit: Visit) -> str:
        """For the visit's form, to be sent again: by nobody but the one to whom it was given."""
        return self._token(visit.request, _writer_of(visit.form))

    async def read(self, visit: Visit) -> Form:
        """The form that was sent, to be acted upon.

        Raises:
            FormOfAnotherSession: it was given to this reader in a session before.
            FormOfSomebodyElse: it was given to somebody else in this browser.
            FormRefused: another site, or another browser, has sent it; or it is none.
        """
        form = await self.look_at(visit.request)
        writer = _writer_of(form)
        if _is_same(form.text("csrf"), self._token(visit.request, writer)):
            return form
        if visit.user is None or visit.page.roles is EVERYBODY:
            raise FormRefused
        if _is_same(writer, self._writer(visit)):
            raise FormOfAnotherSession(form)
        raise FormOfSomebodyElse

    async def look_at(self, request: Request) -> Form:
        """A form that this browser got from here, in whatever session: to be shown to it again, no more.

        Raises:
            FileRefused: it sends files.
            FormRefused: another site, or another browser, has sent it; or it is none.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == FILES_TYPE:
            raise FileRefused
        if kind != FORM_TYPE or not self._is_from_here(request):
            raise FormRefused
        form = Form(await request.form(max_fields=MOST_FIELDS))
        mark, _, _ = form.text("csrf").partition(_AND)
        if not _is_same(mark, self._mark(request, "browser")):
            raise FormRefused
        return form

    def _is_from_here(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site")
        if site not in (None, "same-origin", "none"):
            return False
        if origin is None:
            return True
        host = request.headers.get("host", "")
        return urlsplit(origin).netloc in (host, self._origin.netloc)

    def _token(self, request: Request, writer: str) -> str:
        session = self._mark(request, "session", writer, self._cookies.session_of(request))
        return _AND.join((self._mark(request, "browser"), writer, session))

    def _writer(self, visit: Visit) -> str:
        return self._mark(visit.request, "writer", visit.user.principal_id if visit.user else "")

    def _mark(self, request: Request, *about: str) -> str:
        """Good in one browser."""
        words = "\0".join((*about, self._cookies.visitor_of(request)))
        return hmac.new(self._key, words.encode(), sha256).hexdigest()


def _writer_of(form: Form) -> str:
    """Whom a form says that it was given to."""
    _, _, rest = form.text("csrf").partition(_AND)
    return rest.partition(_AND)[0]


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
