"""A terminal on which lines are typed at the bottom while news come in above."""

import asyncio
import codecs
import os
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO

from rich.console import Console

_BACKSPACES: Final = ("\x7f", "\b")
_ERASE_LINE: Final = "\r\x1b[K"
_CLEAR, _END, _ESCAPE = "\x15", "\x04", "\x1b"  # Ctrl-U, Ctrl-D, and what arrow keys begin with


class Terminal:
    """The keys and the screen of a person: standard input and output unless told otherwise.

    The line that is being typed is drawn by us, so that it can be taken away, something printed above, and
    the line drawn again.
    """

    def __init__(self, keys: TextIO | None = None, screen: TextIO | None = None) -> None:
        self._screen = screen or sys.stdout
        self._console = Console(highlight=False, file=self._screen)
        self._input = (keys or sys.stdin).fileno()
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._typed = ""
        self._prompt = ""
        self._in_escape = False

    @contextmanager
    def in_use(self) -> Iterator["Terminal"]:
        """Keys come as they are pressed; whatever happens, the terminal is afterwards as it was."""
        loop = asyncio.get_running_loop()
        before = termios.tcgetattr(self._input)
        tty.setcbreak(self._input)
        loop.add_reader(self._input, self._read_keys)
        try:
            yield self
        finally:
            loop.remove_reader(self._input)
            termios.tcsetattr(self._input, termios.TCSADRAIN, before)
            self._write(_ERASE_LINE)

    def print(self, *what: Any) -> None:
        """Prints above the line that is being typed."""
        self._write(_ERASE_LINE)
        self._console.print(*what)
        self._draw()

    async def ask(self, prompt: str) -> str:
        """The next line that is typed.

        Raises:
            EOFError: the person has closed the input (Ctrl-D).
        """
        self._prompt = prompt
        self._draw()
        line = await self._lines.get()
        self._prompt = ""
        if line is None:
            raise EOFError
        return line.strip()

    def _read_keys(self) -> None:
        read = os.read(self._input, 4096)
        if not read:
            self._lines.put_nowait(None)
            asyncio.get_running_loop().remove_reader(self._input)
        for key in self._decoder.decode(read):
            self._press(key)
        self._draw()

    def _press(self, key: str) -> None:
        if self._in_escape:
            self._in_escape = not (key.isalpha() or key == "~")
        elif key == _ESCAPE:
            self._in_escape = True
        elif key in "\r\n":
            self._write(f"{_ERASE_LINE}{self._prompt}{self._typed}\n")
            self._lines.put_nowait(self._typed)
            self._typed = ""
        elif key in _BACKSPACES:
            self._typed = self._typed[:-1]
        elif key == _CLEAR:
            self._typed = ""
        elif key == _END and not self._typed:
            self._lines.put_nowait(None)
        elif key.isprintable():
            self._typed += key

    def _draw(self) -> None:
        if not self._prompt:
            return
        room = max(self._console.width - len(self._prompt) - 1, 10)
        self._write(f"{_ERASE_LINE}{self._prompt}{self._typed[-room:]}")

    def _write(self, text: str) -> None:
        self._screen.write(text)
        self._screen.flush()
