"""A browser without scripts at the console: keeps cookies, reads pages, fills in and sends their forms."""

import html
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

_MARKUP: Final = re.compile(r"<(script|style|head|svg)\b.*?</\1>|<[^>]+>", re.DOTALL)
Fields = Mapping[str, str | Sequence[str]]


@dataclass
class PageForm:
    """A form as a page shows it: where it goes, and what it sends if nothing is changed."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """Every field that it has, filled in or not."""


@dataclass
class Shown:
    """A page that was answered."""

    code: int
    path: str
    headers: Mapping[str, str]
    html: str
    forms: list[PageForm]
    links: list[str]

    @property
    def words(self) -> str:
        """What a person reads there."""
        return " ".join(html.unescape(_MARKUP.sub(" ", self.html)).split())

    @property
    def calls(self) -> int:
        """By how many calls at the services it was made."""
        found = re.search(r'calls;desc="(\d+)"', self.headers["server-timing"])
        assert found
        return int(found[1])

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.html, re.DOTALL)
        return html.unescape(found[1]).strip() if found else ""

    def form(self, having: str) -> PageForm:
        """The first form that has a field of this name, or that goes to this address."""
        for one in self.forms:
            if having in one.names or one.action == having:
                return one
        raise AssertionError(f"no form with {having!r} on {self.path}: {[one.action for one in self.forms]}")


class Browser:
    """One browser; what it has signed in as stays signed in."""

    def __init__(self, origin: str, language: str = "en") -> None:
        self.origin = origin
        jar = aiohttp.CookieJar(unsafe=True)
        headers = {"accept-language": language}
        self._http = aiohttp.ClientSession(cookie_jar=jar, headers=headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    def keep(self, name: str, value: str) -> None:
        """Sets a cookie."""
        self._http.cookie_jar.update_cookies({name: value}, URL(self.origin))

    def kept(self, name: str) -> str:
        """A cookie's value; empty where there is none."""
        found = self._http.cookie_jar.filter_cookies(URL(self.origin)).get(name)
        return found.value if found else ""

    async def get(self, path: str, *, follow: bool = True, headers: Mapping[str, str] | None = None) -> Shown:
        """Opens a page."""
        async with self._http.get(self.origin + path, allow_redirects=follow, headers=headers) as response:
            return await _shown(response)

    def stream(
        self, path: str, *, headers: Mapping[str, str] | None = None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """An answer that goes on; it ends with the block."""
        timeout = aiohttp.ClientTimeout(total=None)
        return self._http.get(self.origin + path, timeout=timeout, headers=headers)

    async def post(
        self, path: str, fields: Fields, *, follow: bool = True, headers: Mapping[str, str] | None = None
    ) -> Shown:
        """Sends fields as they are."""
        data = [(name, one) for name, value in fields.items() for one in _each(value)]
        async with self._http.post(
            self.origin + path, data=data, allow_redirects=follow, headers=headers
        ) as response:
            return await _shown(response)

    async def send(self, page: Shown, having: str, **answers: str | Sequence[str]) -> Shown:
        """Fills in the form that has the field (or goes to the address) and sends it, as a browser would."""
        return await self.fill_in(page, having, answers)

    async def fill_in(self, page: Shown, having: str, answers: Fields, *, follow: bool = True) -> Shown:
        """The same with the answers as they stand in a mapping."""
        form = page.form(having)
        unknown = answers.keys() - form.names
        assert not unknown, f"the form has no {unknown}; it has {sorted(form.names)}"
        kept = [(name, value) for name, value in form.fields if name not in answers]
        data = kept + [(name, one) for name, value in answers.items() for one in _each(value)]
        address = form.action or page.path
        if form.method == "get":
            async with self._http.get(self.origin + address, params=data, allow_redirects=follow) as response:
                return await _shown(response)
        async with self._http.post(self.origin + address, data=data, allow_redirects=follow) as response:
            return await _shown(response)


def _each(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


async def _shown(response: aiohttp.ClientResponse) -> Shown:
    content = await response.text()
    parser = _Reader()
    parser.feed(content)
    url = urlsplit(str(response.url))
    path = url.path + (f"?{url.query}" if url.query else "")
    return Shown(response.status, path, response.headers, content, parser.forms, parser.links)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.links: list[str] = []
        self._form: PageForm | None = None
        self._area: tuple[str, list[str]] | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        has = dict(attrs)
        if tag == "form":
            self._form = PageForm(found.get("action", ""), found.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and "href" in has:
            self.links.append(found["href"])
        elif self._form is not None:
            self._read_field(tag, found, has)

    def _read_field(self, tag: str, found: Mapping[str, str], has: Mapping[str, str | None]) -> None:
        assert self._form is not None
        name = found.get("name", "")
        if tag in ("input", "select", "textarea", "button") and name:
            self._form.names.add(name)
        if tag == "input" and name:
            kind = found.get("type", "text")
            is_on = kind not in ("checkbox", "radio", "submit") or "checked" in has
            if is_on and "disabled" not in has:
                self._form.fields.append((name, found.get("value", "on" if kind == "checkbox" else "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            is_first = self._select not in dict(self._form.fields)
            if "selected" in has or is_first:
                self._form.fields = [one for one in self._form.fields if one[0] != self._select]
                self._form.fields.append((self._select, found.get("value", "")))
        elif tag == "textarea":
            self._area = (name, [])

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area is not None and self._form is not None:
            self._form.fields.append((self._area[0], "".join(self._area[1]).removeprefix("\n")))
            self._area = None
