"""The console's cookies: a session's secret, a device's, a browser's own mark, and the language."""

import re
import secrets
from collections.abc import Sequence
from typing import Any, Final

from babel.core import negotiate_locale
from starlette.requests import Request
from starlette.responses import Response

from services.console.adapters.catalogue import OWN_NAMES

_YEAR_SECONDS: Final = 365 * 24 * 3600
_DEVICE_SECONDS: Final = 180 * 24 * 3600
_UNDER_WAY_SECONDS: Final = 900
_MARK: Final = re.compile(r"[A-Za-z0-9_-]{32}")


class Cookies:
    """Reads and sets them.

    No script may read one, no other site may send one with a form. Behind TLS they are Secure, and bound to
    this host by their names (`__Host-`).
    """

    def __init__(self, *, is_behind_tls: bool) -> None:
        self._prefix = "__Host-kem-" if is_behind_tls else "kem-"
        self._flags: dict[str, Any] = {
            "httponly": True,
            "samesite": "lax",
            "secure": is_behind_tls,
            "path": "/",
        }

    def session_of(self, request: Request) -> str:
        """The session's secret; empty where there is none."""
        return self._value(request, "session")

    def device_of(self, request: Request) -> str:
        """By which access knows the device; empty where it does not."""
        return self._value(request, "device")

    def under_way_of(self, request: Request) -> str:
        """The secret of a sign-in that goes on at an identity provider."""
        return self._value(request, "under-way")

    def keep_session(self, response: Response, token: str, device_token: str) -> Response:
        """As long as the browser is open; access ends it earlier where it is not used."""
        self._set(response, "session", token, None)
        if device_token:
            self._set(response, "device", device_token, _DEVICE_SECONDS)
        return response

    def keep_under_way(self, response: Response, token: str) -> Response:
        """Until the browser comes back from the provider."""
        self._set(response, "under-way", token, _UNDER_WAY_SECONDS)
        return response

    def forget_session(self, response: Response) -> Response:
        """The device stays known."""
        for name in ("session", "under-way"):
            response.delete_cookie(self._prefix + name, **self._flags)
        return response

    def visitor_of(self, request: Request) -> str:
        """The browser's own mark; a new one where it has none yet."""
        if not hasattr(request.state, "visitor"):
            known = self._value(request, "visitor")
            request.state.visitor = known if _MARK.fullmatch(known) else secrets.token_urlsafe(24)
            request.state.is_new_visitor = request.state.visitor != known
        return str(request.state.visitor)

    def keep_visitor(self, request: Request, response: Response) -> Response:
        """Gives a new browser its mark."""
        if getattr(request.state, "is_new_visitor", False):
            self._set(response, "visitor", request.state.visitor, None)
        return response

    def language_of(self, request: Request, languages: Sequence[str]) -> str:
        """What was chosen, else what the browser asks for, else Greek; only what the page is written in."""
        chosen = self._value(request, "language")
        if chosen in languages:
            return chosen
        header = request.headers.get("accept-language", "")
        wanted = [part.partition(";")[0].strip().replace("-", "_") for part in header.split(",")][:20]
        found = negotiate_locale([one for one in wanted if one], languages)
        return found if found is not None and found in languages else "el"

    def keep_language(self, response: Response, language: str) -> Response:
        """For a year."""
        if language in OWN_NAMES:
            self._set(response, "language", language, _YEAR_SECONDS)
        return response

    def _value(self, request: Request, name: str) -> str:
        value = request.cookies.get(self._prefix + name, "")
        return value if len(value) <= 200 else ""

    def _set(self, response: Response, name: str, value: str, max_age: int | None) -> None:
        response.set_cookie(self._prefix + name, value, max_age=max_age, **self._flags)
