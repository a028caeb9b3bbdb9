"""Typing below while news come in above, on a real pseudo-terminal."""

import asyncio
import contextlib
import os
import pty
import termios
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

import pytest

from tools.partner.terminal import Terminal


@dataclass
class Screen:
    """Both ends of the terminal: the person's, who presses and sees, and the program's."""

    person: int
    program: TextIO

    def press(self, text: str) -> None:
        os.write(self.person, text.encode())

    def seen(self) -> str:
        try:
            return os.read(self.person, 65536).decode()
        except BlockingIOError:
            return ""

    def terminal(self) -> Terminal:
        return Terminal(self.program, self.program)


@pytest.fixture
def screen() -> Iterator[Screen]:
    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    with os.fdopen(theirs, "w", encoding="utf-8") as program:
        yield Screen(ours, program)
    os.close(ours)


async def typed(screen: Screen, keys: str) -> str:
    with screen.terminal().in_use() as terminal:
        asking = asyncio.create_task(terminal.ask("> "))
        await asyncio.sleep(0)
        screen.press(keys)
        async with asyncio.timeout(5):
            return await asking


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("accept 1\n", "accept 1"),
        ("acx\x7fcept 1\r", "accept 1"),
        ("rubbish\x15list\n", "list"),
        ("ask 1 Μπορεί το πρωί;\n", "ask 1 Μπορεί το πρωί;"),
        ("li\x1b[Dst\x1b[3~\n", "list"),
        ("  spaces  \n", "spaces"),
    ],
)
async def test_a_line_is_what_was_meant(screen: Screen, keys: str, line: str) -> None:
    assert await typed(screen, keys) == line


async def test_closing_the_input_ends_the_sitting(screen: Screen) -> None:
    with pytest.raises(EOFError):
        await typed(screen, "\x04")


async def test_news_do_not_tear_the_line_that_is_being_typed(screen: Screen) -> None:
    with screen.terminal().in_use() as terminal:
        asking = asyncio.create_task(terminal.ask("> "))
        await asyncio.sleep(0)
        screen.press("decli")
        await _until_seen(screen, "> decli")
        terminal.print("new offer")
        await _until_seen(screen, "> decli", after="new offer")
        screen.press("ne 2\n")
        async with asyncio.timeout(5):
            assert await asking == "decline 2"


async def _until_seen(screen: Screen, text: str, after: str = "") -> None:
    """Waits until the last thing on the screen is `text`, drawn behind `after`."""
    seen = ""
    async with asyncio.timeout(5):
        while not (after in seen and seen.endswith(text)):
            await asyncio.sleep(0.005)
            seen += screen.seen()


async def test_the_terminal_is_left_as_it_was(screen: Screen) -> None:
    def modes() -> int:
        return int(termios.tcgetattr(screen.program.fileno())[3])

    before = modes()
    during = 0
    with contextlib.suppress(RuntimeError), screen.terminal().in_use():
        during = modes()
        raise RuntimeError
    assert during != before
    assert modes() == before
