"""A small browser for an identity provider's pages: follows redirects, keeps cookies, fills in forms."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

MOST_STEPS: Final = 10
_FORM: Final = re.compile(r'<form[^>]*\baction="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_FIELD: Final = re.compile(r'<(?:input|button)\b[^>]*\bname="([^"]+)"')
_MARKUP: Final = re.compile(r"<(script|style|head)\b.*?</\1>|<[^>]+>", re.DOTALL)


class PageStayed(Exception):
    """No redirect came: the page that was shown instead, as text."""


@dataclass(frozen=True, slots=True)
class _Page:
    address: str
    content: str

    @property
    def words(self) -> str:
        return " ".join(html.unescape(_MARKUP.sub(" ", self.content)).split())


class FormBrowser:
    """Speaks to one provider; `Secure` cookies go over plain HTTP too, as browsers do on one machine."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=[URL(origin)])
        self._http = aiohttp.ClientSession(cookie_jar=jar)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def sign_in(self, address: str, answers: Mapping[str, str]) -> str:
        """Opens the page and fills in what it asks for; answers where it sends the browser in the end.

        Args:
            answers: by the names of fields; a form is filled in once.

        Raises:
            PageStayed: it sends it nowhere.
        """
        step, left = await self._get(address), dict(answers)
        for _ in range(MOST_STEPS):
            if isinstance(step, str):
                if not step.startswith(f"{self._origin}/"):
                    return step
                step = await self._get(step)
                continue
            form = _FORM.search(step.content)
            asked = {name: left.pop(name) for name in _FIELD.findall(form[2]) if name in left} if form else {}
            if form is None or not asked:
                raise PageStayed(step.words)
            step = await self._post(urljoin(step.address, html.unescape(form[1])), asked)
        raise PageStayed(f"still there after {MOST_STEPS} steps: {urlsplit(address).path}")

    async def page(self, address: str) -> str:
        """The words of a page that leads nowhere else."""
        step = await self._get(address)
        assert isinstance(step, _Page), step
        return step.words

    async def _get(self, address: str) -> "_Page | str":
        async with self._http.get(address, allow_redirects=False) as response:
            return await self._step(response)

    async def _post(self, address: str, fields: Mapping[str, str]) -> "_Page | str":
        async with self._http.post(address, data=fields, allow_redirects=False) as response:
            return await self._step(response)

    async def _step(self, response: aiohttp.ClientResponse) -> "_Page | str":
        if "location" in response.headers:
            return urljoin(str(response.url), response.headers["location"])
        return _Page(str(response.url), await response.text())
