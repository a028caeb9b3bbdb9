"""`kem bench`: runs the benches one after the other and says what they found."""

import asyncio
from pathlib import Path
from typing import Final

from rich.console import Console

from tools.bench.benches import BENCHES, chosen, meaning_of, measure_of
from tools.bench.machine import commit, machine
from tools.bench.ratios import ratios
from tools.bench.report import Report, print_report, write_json
from tools.bench.run import Run
from tools.stack.servers import ServersAsked

WIDTH: Final = 140
"""Of a report that goes into a file."""


def describe() -> None:
    """Says what each bench measures."""
    console = Console(highlight=False)
    for name in BENCHES:
        console.print(f"[bold]{name:<12}[/] {meaning_of(name)}")


def first_of(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """What went wrong first, however deep it lies."""
    first = failures.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


def run(names: list[str], json_file: Path | None, servers: ServersAsked, *, is_quick: bool) -> None:
    """Runs the named benches, all without a name; the file is written anew after each of them.

    Raises:
        StackFailure: there is no such bench, or a hub could not be started.
    """
    wanted = chosen(names)
    progress = Console(stderr=True)
    report: Report = {
        "machine": machine(),
        "commit": commit(),
        "settings": {"quick": is_quick, "broker": servers.broker or "embedded"},
        "results": {},
    }
    for number, name in enumerate(wanted, start=1):
        progress.print(f"[bold]{name}[/] ({number} of {len(wanted)}): {meaning_of(name)}", highlight=False)
        one = Run(
            is_quick,
            lambda sentence: progress.print(f"  [dim]{sentence}[/]", highlight=False),
            servers=servers,
        )
        try:
            report["results"][name] = asyncio.run(measure_of(name)(one))
        except BaseExceptionGroup as failures:  # of clients that ran side by side: what the first met
            raise first_of(failures) from None
        report["settings"] |= one.settings
        if against := ratios(report["results"]):
            report["ratios_to_yardstick"] = against
        if json_file is not None:
            write_json(report, json_file)
    screen = Console()
    if not screen.is_terminal:
        screen.width = WIDTH
    print_report(report, screen)
