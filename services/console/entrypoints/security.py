"""What stands around every page: headers that browsers keep to, and bounds on what is sent."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

MOST_BYTES: Final = 256 * 1024
"""Of a form. Files are taken nowhere."""

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}
_ONE_YEAR: Final = "max-age=31536000; includeSubDomains"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class SafeHeaders:
    """Sends the headers with every answer; one that an answer has already stays as it is."""

    def __init__(self, app: App, *, is_behind_tls: bool) -> None:
        self._app = app
        headers = _HEADERS | ({"strict-transport-security": _ONE_YEAR} if is_behind_tls else {})
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                has = {name for name, _ in own}
                message["headers"] = own + [pair for pair in self._headers if pair[0] not in has]
            await send(message)

        await self._app(scope, receive, with_headers)


class BoundedBody:
    """Refuses what is longer than any form, before it is read into memory, however it is sent."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = 0

        async def bounded() -> MutableMapping[str, Any]:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MOST_BYTES:
                raise BodyTooLarge
            return message

        await self._app(scope, bounded, send)


class BodyTooLarge(Exception):
    """More was sent than a form can hold."""
