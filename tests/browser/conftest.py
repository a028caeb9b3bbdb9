"""One hub with the sample city and its console, and one Chromium, for every test that sees pages."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import async_playwright

from tests.browser.seeing import Eyes
from tests.support.console import ConsoleHub, running_console
from tests.support.mailbox import Mailbox
from tools import look
from tools.stack.debian import ProgramMissing, find_libraries_and_fonts, find_programs

_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""It asks nobody for anything but what it is told to open."""


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core that the look's lock file names."""
    try:
        return (look.packages() / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    except ProgramMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium, with letters for every language of the pages."""
    families = ("Noto Sans", "Noto Serif", "Noto Sans Arabic", "Noto Naskh Arabic")
    fonts = dict.fromkeys(families, "fonts-noto-core")
    try:
        find_programs({"chromium": "chromium"}, "a test in a browser", print)
        find_libraries_and_fonts({}, fonts, "a test in a browser", print)
    except ProgramMissing as missing:
        pytest.skip(str(missing))
    return "/usr/bin/chromium"


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    """Where the hub's mails come to."""
    one = Mailbox(tmp_path_factory.mktemp("mails")).start()
    yield one
    one.stop()


@pytest.fixture(scope="session")
async def console(tmp_path_factory: pytest.TempPathFactory, box: Mailbox) -> AsyncIterator[ConsoleHub]:
    folder = tmp_path_factory.mktemp("console")
    async with running_console(folder, settings_of={"notifications": box.settings}) as running:
        yield running


@pytest.fixture(scope="session")
async def eyes(console: ConsoleHub, chromium: str, axe: str) -> AsyncIterator[Eyes]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=list(_QUIET), chromium_sandbox=False
        )
        try:
            yield Eyes(browser, console, axe)
        finally:
            await browser.close()
