"""The figures as a table for people, and as JSON for programs."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Report = dict[str, Any]
"""`{machine, commit, settings, results {NAME {figures}}}`."""


def write_json(report: Report, file: Path) -> None:
    """Writes the whole report; what was there is replaced."""
    file.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def print_report(report: Report, console: Console) -> None:
    """One table a bench; groups of figures become columns where they are alike."""
    machine = report["machine"]
    console.print(
        f"{machine['cores']} cores ({machine['cpu_model']}), {machine['memory_mb']:,} MB, kernel"
        f" {machine['kernel']}, Python {machine['python']}; load at start"
        f" {machine['load_average_at_start'][0]}; commit {report['commit']}",
        highlight=False,
    )
    for name, figures in report["results"].items():
        console.print()
        console.print(_table(name, figures))


def _table(name: str, figures: Mapping[str, Any]) -> Table:
    """A column for each group of figures, a row for each figure; those outside any group come last."""
    groups = {key: dict(_flat(value)) for key, value in figures.items() if isinstance(value, Mapping)}
    single = {key: value for key, value in figures.items() if not isinstance(value, Mapping)}
    table = Table(title=name, title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("")
    for group in groups or ["figure"]:
        table.add_column(group.replace("_", " "), justify="right")
    for row in dict.fromkeys(row for group in groups.values() for row in group):
        table.add_row(row.replace("_", " "), *(_shown(group.get(row)) for group in groups.values()))
    for key, value in single.items():
        table.add_row(key.replace("_", " "), _shown(value))
    return table


def _flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key} ")
        else:
            yield f"{prefix}{key}", value


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return (
            f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3g}"
        )
    return f"{value:,}" if isinstance(value, int) else str(value)
