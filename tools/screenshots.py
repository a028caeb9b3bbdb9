"""`kem screenshots`: every page of the console as a picture, at both widths, and one sheet of them all.

On a hub of its own, after a short day there, so that pages have something to show. The people are invented.
Each reader goes wherever links lead, to one page of each kind: of all cases one, of all its referrals one.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import escape
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import typer
from rich.console import Console

from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kernel.vocabulary import Role
from tools.demo.command import day_at
from tools.demo.day import DayPlan
from tools.demo.fresh import fresh_hub
from tools.demo.rest import RESTING
from tools.hub import Doors, Hub
from tools.sample_staff import begin_session, open_account
from tools.stack.debian import find_libraries_and_fonts, find_programs
from tools.stack.servers import ServersAsked

WIDTHS: Final = (320, 1280)
LANGUAGES: Final = ("el", "en", "ar")
_PUBLIC_ONLY: Final = frozenset({"ar"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who looks at pages; without roles anybody."""

    name: str
    starts: Sequence[str]
    """From where links are followed."""
    roles: Sequence[Role] = ()
    agency: str = ""


READERS: Final = (
    Reader("public", ("/", "/services", "/map", "/receipt", "/complaint", "/sign-in")),
    Reader(
        "desk",
        ("/home", "/desk?whose=all", "/desk/people/new", "/complaints/new"),
        (Role.CASEWORKER,),
        "KEM",
    ),
    Reader("partner", ("/partner", "/partner/services"), (Role.AGENCY_MEMBER, Role.AGENCY_ADMIN), "UNHCR"),
    Reader("coordination", ("/coordination",), (Role.ACCMR_OFFICER,)),
    Reader("administration", ("/admin", "/admin/health"), (Role.OPERATOR,)),
    Reader("audit", ("/audit", "/audit/entries", "/audit/questions"), (Role.AUDITOR,)),
    Reader("officer", ("/audit", "/complaints"), (Role.DPO,)),
    Reader("safeguarding", ("/home", "/complaints"), (Role.SAFEGUARDING_OFFICER,)),
)
MOST_KINDS: Final = 80
"""Of pages that one reader is shown; more are a loop."""
_ID: Final = re.compile(r"(?<=/)([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]+)(?=/|$)")
_NO_PAGES: Final = re.compile(r"/(static|hsds|live|sign-in/at|signed-in)(/.*)?|.*\.[a-z]{3,4}")
"""Files, streams, and what leads elsewhere."""
_LINKS: Final = "[...document.querySelectorAll('a[href^=\"/\"]')].map(one => one.getAttribute('href'))"


def kind_of(address: str) -> str:
    """Which page it is, whatever it is about; empty where it is none."""
    path = address.partition("#")[0].partition("?")[0]
    return "" if path.startswith("//") or _NO_PAGES.fullmatch(path) else _ID.sub("id", path)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("screenshots", epilog="Example: ./kem screenshots --out pictures")(screenshots)


def screenshots(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pictures and index.html go.")],
    needs: Annotated[int, typer.Option(help="How many people come to the hub before.")] = 60,
) -> None:
    """Take pictures of the console's pages, on a hub of its own, and lay them out on one sheet."""
    fonts = dict.fromkeys(("Noto Sans", "Noto Naskh Arabic"), "fonts-noto-core")
    find_programs({"chromium": "chromium"}, "pictures of pages", print)
    find_libraries_and_fonts({}, fonts, "pictures of pages", print)
    out.mkdir(parents=True, exist_ok=True)
    taken = asyncio.run(_take(out, needs))
    sheet = out / "index.html"
    sheet.write_text(_sheet(taken), encoding="utf-8")
    print(f"{len(taken)} pictures; open {sheet}")


async def _take(out: Path, needs: int) -> list[Path]:
    from playwright.async_api import async_playwright

    taken: list[Path] = []
    async with fresh_hub(print, ServersAsked()) as doors:
        await day_at(doors, _day(needs), RESTING, Console(quiet=True))
        sessions = await _sign_in(doors)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", chromium_sandbox=False
            )
            for_everybody: set[str] = set()
            for reader in READERS:
                session = sessions[reader.name]
                paths = await _every_kind(browser, doors.console, reader, session, for_everybody)
                if not reader.roles:
                    for_everybody.update(map(kind_of, paths))
                print(f"{reader.name}: {len(paths)} pages")
                for language, width in product(LANGUAGES, WIDTHS):
                    if reader.roles and language in _PUBLIC_ONLY:
                        continue
                    async with _tab(browser, doors.console, language, width, session) as page:
                        for path in paths:
                            await page.goto(doors.console + path)
                            name = kind_of(path).strip("/").replace("/", "-") or "start"
                            file = out / f"{reader.name}-{name}-{language}-{width}.png"
                            await page.screenshot(path=file, full_page=True)
                            taken.append(file)
            await browser.close()
    return taken


async def _every_kind(
    browser: Any, url: str, reader: Reader, session: str, elsewhere: Collection[str]
) -> list[str]:
    """An address of each kind of page to which links lead from where the reader begins, in their order.

    Args:
        elsewhere: kinds that are shown as another reader sees them.
    """
    known, waiting = {*map(kind_of, reader.starts), *elsewhere}, list(reader.starts)
    shown: list[str] = []
    async with _tab(browser, url, "en", WIDTHS[-1], session) as page:
        while waiting and len(shown) < MOST_KINDS:
            address = waiting.pop(0)
            answer = await page.goto(url + address)
            if answer is None or not answer.ok:
                continue
            shown.append(address)
            for link in await page.evaluate(_LINKS):
                kind = kind_of(link)
                if kind and kind not in known:
                    known.add(kind)
                    waiting.append(link.partition("#")[0])
    return shown


@asynccontextmanager
async def _tab(browser: Any, url: str, language: str, width: int, session: str) -> AsyncIterator[Any]:
    context = await browser.new_context(locale=language, viewport={"width": width, "height": 900})
    cookies = {"kem-language": language} | ({"kem-session": session} if session else {})
    await context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies.items()])
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def _sign_in(doors: Doors) -> dict[str, str]:
    """A session for each reader, with a second factor; empty where nobody signs in."""
    hub = Hub(doors)
    try:
        operator = hub.person(uuid4(), None, Role.OPERATOR)
        listed: Any = await hub.directory.ListAgencies(
            ListAgenciesRequest(page_size=200), metadata=operator.credentials()
        )
        agencies = {one.code: UUID(one.agency_id) for one in listed.agencies}
        return {
            reader.name: await _session(hub, reader, agencies) if reader.roles else "" for reader in READERS
        }
    finally:
        await hub.close()


async def _session(hub: Hub, reader: Reader, agencies: dict[str, UUID]) -> str:
    agency_id = agencies[reader.agency] if reader.agency else None
    password = f"{uuid4()} {uuid4()}"
    account = await open_account(hub, reader.roles, agency_id, name="Ελένη Δείγμα", password=password)
    return await begin_session(hub, account)


def _day(needs: int) -> DayPlan:
    return DayPlan(needs=needs, agencies=20, seed=7, rate=10.0, median_answer_seconds=0.5)


_SHEET: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>The console's pages</title>
<style>
body {{ font: 14px sans-serif; margin: 24px }}
main {{ display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)) }}
img {{ width: 100%; height: 320px; object-fit: cover; object-position: top; border: 1px solid #999 }}
figure {{ margin: 0 }}
</style>
<h1>The console's pages</h1>
<main>
{figures}
</main></html>
"""
_FIGURE: Final = (
    '<figure><a href="{file}"><img src="{file}" alt="{name}" loading="lazy"></a>'
    "<figcaption>{name}</figcaption></figure>"
)


def _sheet(taken: Sequence[Path]) -> str:
    figures = (_FIGURE.format(file=escape(one.name), name=escape(one.stem)) for one in taken)
    return _SHEET.format(figures="\n".join(figures))
