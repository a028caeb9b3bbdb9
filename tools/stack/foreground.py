"""`./kem up`: a stack in the foreground, until Ctrl-C."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tools.stack.debian import ProgramMissing
from tools.stack.options import StackOptions
from tools.stack.services import CONSOLE
from tools.stack.stack import Stack
from tools.stack.wanted import take_wanted

_NEXT = (
    ("./kem demo", "a day at the centre, played with invented people"),
    ("./kem status", "what runs and what waits"),
    ("./kem partner --agency CODE", "a partner's live inbox"),
    ("./kem logs referral --follow", "what a service is saying"),
    ("Ctrl-C here, or ./kem down", "end in order; the data stays"),
)


def run_in_foreground(data: Path, options: StackOptions) -> None:
    """Starts, says what happens, stays until it is asked to end, and drains.

    Raises:
        StackFailure: it could not start.
    """
    quieten_libraries()
    try:
        asyncio.run(_run(data, options, Console(highlight=False, soft_wrap=True)))
    finally:
        _let_go_of_stdout()


def _make_receipts_ready() -> None:
    """What a desk needs to print is looked for once here, so that nobody waits for it at the desk."""
    from tools.receipt.ready import make_ready

    try:
        make_ready(lambda sentence: _tell(f"  {sentence}"))
    except ProgramMissing as missing:
        _tell(f"  Everything works but receipts: {missing}")


def quieten_libraries() -> None:
    """What matters of their troubles is said in a sentence."""
    for library in ("kafka", "aiokafka", "asyncio"):
        logging.getLogger(library).setLevel(logging.CRITICAL)


async def _run(data: Path, options: StackOptions, console: Console) -> None:
    began = time.monotonic()
    stack = Stack(data, options, say=lambda sentence: _tell(f"  {sentence}"))
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(asked, ending.set)
    replays: set[asyncio.Task[object]] = set()

    def fill_broker() -> None:
        replays.add(loop.create_task(stack.refill_broker(take_wanted(stack.layout))))

    loop.add_signal_handler(signal.SIGUSR1, fill_broker)
    _tell("Starting KEM …")
    await asyncio.to_thread(_make_receipts_ready)
    starting = asyncio.create_task(stack.start())
    waiting = asyncio.create_task(ending.wait())
    await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        _tell("Stopping before it was ready …")
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return
    try:
        starting.result()
    except BaseException:
        waiting.cancel()
        raise
    with contextlib.suppress(OSError):  # as in _tell
        _welcome(console, stack, time.monotonic() - began)
    await waiting
    _tell("Ending in order …")
    for replay in replays:
        replay.cancel()
    await asyncio.gather(*replays, return_exceptions=True)
    await stack.stop()
    _tell("KEM has ended; its data stays.")


def _tell(line: str) -> None:
    """Prints it. A full disk or a closed terminal behind stdout must not end whatever is told of."""
    with contextlib.suppress(OSError):
        print(line, flush=True)


def _let_go_of_stdout() -> None:
    """What still cannot be printed is given up; Python would end with a complaint and another exit code."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _welcome(console: Console, stack: Stack, seconds: float) -> None:
    addresses = Table("part", "address", title="Where it answers", title_justify="left", box=None)
    for name, address in stack.addresses.items():
        addresses.add_row(name, address)
    following = Table("command", "what it does", title="What to try next", title_justify="left", box=None)
    for command, meaning in _NEXT:
        following.add_row(command, meaning)
    for table in (addresses, following):
        console.print(table)
        console.print()
    if CONSOLE in stack.addresses:
        console.print(f"Pages: http://{stack.addresses[CONSOLE]} (staff sign in at /sign-in)")
    console.print(f"ready in {seconds:.0f} s")
