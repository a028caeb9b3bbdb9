"""Takes a browser back from an identity provider: one redirect to this very machine (RFC 8252 § 7.3)."""

import asyncio
import hmac
import html
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

ANY_PATH: Final = "/signed-in"
"""Where none is named for a provider; it then refuses the address, with what to do."""
_SHUTDOWN_SECONDS: Final = 2.0
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>KEM</title>
<style>body {{ font: 1.25rem/1.5 sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }}</style>
<p>{english}</p>
<p lang="el">{greek}</p>
</html>
"""


@dataclass(frozen=True, slots=True)
class ReturnedBrowser:
    """What a browser has brought back, under the right state.

    Args:
        error: why the provider let nobody in (RFC 6749 § 4.1.2.1); empty where it did.
        issuer: the parameter `iss` (RFC 9207), where there is one.
    """

    code: str
    error: str
    issuer: str


class Loopback:
    """Listens at a free port of 127.0.0.1 while it is open, and takes one redirect.

    What comes with another state, or to another provider's path, is refused, and waited on: whoever guesses
    does not end a sign-in.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._page = self._state = self._origin = ""
        self._returned: asyncio.Future[ReturnedBrowser] = asyncio.get_running_loop().create_future()
        app = web.Application()
        app.router.add_get("/", self._lead, allow_head=False)
        app.router.add_get(path, self._take, allow_head=False)
        app.router.add_get("/{elsewhere:.+}", self._refuse, allow_head=False)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._origin = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def redirect_uri(self) -> str:
        """Where the provider is to send the browser."""
        return f"{self._origin}{self._path}"

    @property
    def state(self) -> str:
        """Under which the browser has to come back."""
        return self._state

    def expect(self, page: str) -> None:
        """From now on whoever went to the provider's page may come back."""
        self._state = parse_qs(urlsplit(page).query)["state"][0]

    def lead_to(self, page: str) -> str:
        """An address here that leads a browser to the provider's page, once. It says nothing itself: other
        accounts of this machine see what a browser is started with. Only for a browser that is started: any
        account may ask here, and would be given the page first.
        """
        self._page = page
        return f"{self._origin}/"

    async def redirect(self, patience_seconds: float) -> ReturnedBrowser:
        """The browser that comes back.

        Raises:
            TimeoutError: none does.
        """
        async with asyncio.timeout(patience_seconds):
            return await asyncio.shield(self._returned)

    async def _lead(self, request: web.Request) -> web.StreamResponse:
        page, self._page = self._page, ""
        if not page:
            return _used()
        return web.Response(status=302, headers=_HEADERS | {"Location": page})

    async def _refuse(self, request: web.Request) -> web.StreamResponse:
        return _not_ours()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        said = {name: request.query.getall(name, [""]) for name in ("state", "code", "error", "iss")}
        is_plain = all(len(values) == 1 for values in said.values())
        if not is_plain or not hmac.compare_digest(said["state"][0].encode(), self._state.encode()):
            return _not_ours()
        if self._returned.done():
            return _used()
        self._returned.set_result(ReturnedBrowser(said["code"][0], said["error"][0], said["iss"][0]))
        return _shown(
            200,
            "Done. You can close this window; the terminal says whether you are signed in.",
            "Έτοιμο. Μπορείτε να κλείσετε αυτό το παράθυρο· το τερματικό γράφει αν έχετε συνδεθεί.",
        )


def _not_ours() -> web.Response:
    return _shown(
        400,
        "This is not the sign-in that was begun here. Begin again with ./kem login.",
        "Αυτή δεν είναι η σύνδεση που ξεκίνησε εδώ. Ξεκινήστε ξανά με ./kem login.",
    )


def _used() -> web.Response:
    return _shown(410, "This address was for one use.", "Αυτή η διεύθυνση ήταν για μία χρήση.")


def _shown(code: int, english: str, greek: str) -> web.Response:
    page = _PAGE.format(english=html.escape(english), greek=html.escape(greek))
    response = web.Response(text=page, status=code, content_type="text/html", headers=_HEADERS)
    response.force_close()
    return response
