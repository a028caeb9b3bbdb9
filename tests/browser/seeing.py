"""A page as somebody sees it in a real browser, and what axe-core finds in it."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page, Request

from kernel.vocabulary import Role
from tests.browser.page_lists import NOWHERE
from tests.support.console import ConsoleHub

WIDTHS: Final = (320, 1280)
_SHOWN: Final = (HTTPStatus.OK, HTTPStatus.BAD_REQUEST)
"""A page, and a form that came back with what is to be mended."""
_HEIGHT: Final = 900
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faces(languages: Sequence[str]) -> list[tuple[str, int]]:
    """Languages and widths at which every page is seen: each language at one width, in a deep run at all."""
    if os.environ.get("KEM_TEST_DEPTH") == "deep":
        return [(language, width) for language in languages for width in WIDTHS]
    return [(language, WIDTHS[number % len(WIDTHS)]) for number, language in enumerate(languages)]


LOOKED_AT: Final = (
    ("color-contrast", "govuk-radios__label", "", "its circle lies over the label's box; the text is 14:1"),
    ("color-contrast", "govuk-checkboxes__label", "", "likewise"),
    ("color-contrast", "kem-map__", "", "dark blue on pale blue, 8:1; in the dark pale on dark, likewise"),
    ("color-contrast", "govuk-fieldset__legend", "", "it lies over its panel's line; dark on paper, 14:1"),
    ("color-contrast", "kem-chart__", "", "text on the page's own paper beside its bar, 14:1"),
    ("color-contrast", "<bdi>", "a pseudo element", "values beside a timeline's dot; dark on paper, 14:1"),
    ("color-contrast", "govuk-pagination__link", "", "a single digit: white on blue, 8:1"),
)
"""Where axe says that a person has to look: rule, part of the markup and of why it is unsure, what was seen.
Elsewhere: a finding."""


@dataclass(slots=True)
class Seen:
    """One tab, with whatever went wrong in it and whatever it asked other hosts for."""

    page: Page
    axe: str
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    async def findings(self, *, without: Sequence[str] = ()) -> list[str]:
        """A line for all that axe finds, that does not fit into the width, that the browser complained of.

        Args:
            without: rules that axe cannot judge as the browser is set.
        """
        await self.page.evaluate(self.axe)
        found = await self.page.evaluate(
            "([tags, without]) => axe.run({runOnly: {type: 'tag', values: tags},"
            " rules: Object.fromEntries(without.map(rule => [rule, {enabled: false}]))})",
            [_RULES, list(without)],
        )
        lines = [_line(one, "") for one in found["violations"]]
        lines += [
            _line(one, "to look at: ") for one in map(_not_looked_at, found["incomplete"]) if one["nodes"]
        ]
        wide = await self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        if wide[0] > wide[1]:
            lines.append(f"{wide[0]} px wide in {wide[1]}")
        lines += [*self.complaints, *(f"asked elsewhere: {one}" for one in self.elsewhere)]
        self.complaints.clear()
        self.elsewhere.clear()
        return [f"{self.page.url}: {line}" for line in lines]

    async def shot(self, folder: Path, name: str) -> Path:
        """A picture of the whole page."""
        file = folder / f"{name}.png"
        await self.page.screenshot(path=file, full_page=True)
        return file


def _not_looked_at(found: Any) -> Any:
    """What axe is unsure of, without what somebody has looked at."""
    seen = [(part, cause) for rule, part, cause, _ in LOOKED_AT if rule == found["id"]]

    def is_known(node: Any) -> bool:
        return any(part in node["html"] and cause in node["failureSummary"] for part, cause in seen)

    return found | {"nodes": [one for one in found["nodes"] if not is_known(one)]}


def _line(found: Any, what: str) -> str:
    nodes = [f"{node['html'][:160]} ({node.get('failureSummary', '')[:200]})" for node in found["nodes"][:3]]
    return f"{what}{found['id']}: {found['help']}: {nodes}"


@dataclass(frozen=True, slots=True)
class Eyes:
    """Opens tabs at the console's hub, as anybody or as somebody who has signed in."""

    browser: Browser
    hub: ConsoleHub
    axe: str

    @asynccontextmanager
    async def tab(
        self,
        language: str = "en",
        width: int = 1280,
        *roles: Role,
        agency: str = "",
        **context: Any,
    ) -> AsyncIterator[Seen]:
        """A tab with cookies of its own.

        Args:
            roles: of whom has signed in; nobody without.
            context: what Playwright's new_context takes, as `java_script_enabled` or `color_scheme`.
        """
        opened = await self.browser.new_context(
            base_url=self.hub.url,
            locale=language,
            viewport={"width": width, "height": _HEIGHT},
            **context,
        )
        try:
            cookies = {"kem-language": language}
            if roles:
                cookies["kem-session"] = await self.hub.session(*roles, agency=agency)
            await opened.add_cookies(
                [{"name": name, "value": value, "url": self.hub.url} for name, value in cookies.items()]
            )
            seen = Seen(await opened.new_page(), self.axe)
            self._watch(seen)
            yield seen
        finally:
            await opened.close()

    def _watch(self, seen: Seen) -> None:
        """Notes errors of scripts, what the content policy forbade, and requests to other hosts."""

        def ask(request: Request) -> None:
            if not request.url.startswith((self.hub.url, "data:", "blob:")):
                seen.elsewhere.append(request.url)

        seen.page.on("request", ask)
        seen.page.on("pageerror", lambda error: seen.complaints.append(f"script: {error}"))
        seen.page.on(
            "console",
            lambda said: (
                seen.complaints.append(f"console: {said.text}")
                if said.type in ("error", "warning") and "status of 4" not in said.text
                else None
            ),
        )


async def look_at(seen: Seen, paths: Sequence[str], *, without: Sequence[str] = ()) -> list[str]:
    """The findings of several pages; that one is not there, or is closed to whoever looks, is one too."""
    found = []
    for path in paths:
        answer = await seen.page.goto(path)
        if answer is None or (answer.status not in _SHOWN and path not in NOWHERE):
            found.append(f"{path}: {answer and answer.status}")
        found += await seen.findings(without=without)
    return found


async def send_empty(seen: Seen, paths: Sequence[str]) -> tuple[list[str], int]:
    """Sends each form of these pages with nothing in it, and looks at what comes back.

    Forms in which there is nothing to fill in are left alone: they would do what they are for.

    Returns:
        The findings, and how many came back with what is to be mended.
    """
    found, returned = [], 0
    for path in paths:
        await seen.page.goto(path)
        for number in await seen.page.evaluate(_FORMS_TO_FILL):
            await seen.page.goto(path)
            if await seen.page.locator(_FORMS).count() <= number:
                continue  # what was sent before has answered it
            async with seen.page.expect_navigation():
                await seen.page.locator(_FORMS).nth(number).evaluate(_SEND_EMPTY)
            found += await seen.findings()
            returned += await seen.page.locator(".govuk-error-summary").count()
    return found, returned


_FORMS: Final = "main form[method=post]"
_FORMS_TO_FILL: Final = f"""[...document.querySelectorAll("{_FORMS}")]
    .map((form, number) => [form, number])
    .filter(([form]) => form.querySelector("input:not([type=hidden]), select, textarea"))
    .map(([, number]) => number)"""
_SEND_EMPTY: Final = """form => {
    for (const one of form.querySelectorAll("input:not([type=hidden]), select, textarea")) {
        if (one.type === "checkbox" || one.type === "radio") one.checked = false;
        else one.value = "";
    }
    form.noValidate = true;
    form.requestSubmit(form.querySelector("button:not([type=button])"));
}"""
