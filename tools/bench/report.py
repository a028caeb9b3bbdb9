"""The figures as a table for people, and as JSON for programs."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from tools.bench.statistics import percentiles_ms

PERCENTILES: Final = percentiles_ms([])

_COLUMNS: Final = 8

Report = dict[str, Any]
"""`{machine, commit, settings, results {NAME {figures}}, ratios_to_yardstick?}`."""


def write_json(report: Report, file: Path) -> None:
    """Writes the whole report; what was there is replaced."""
    file.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def print_report(report: Report, console: Console) -> None:
    """A table for each bench; percentiles stand in one cell."""
    machine = report["machine"]
    console.print(
        f"{machine['cores']} cores ({machine['cpu_model']}), {machine['memory_mb']:,} MB, kernel"
        f" {machine['kernel']}, Python {machine['python']}; load at start"
        f" {machine['load_average_at_start'][0]}; commit {report['commit']}",
        highlight=False,
    )
    for name, figures in report["results"].items():
        for table in _tables(name, figures):
            console.print()
            console.print(table)
    if against := report.get("ratios_to_yardstick"):
        for table in _tables("ratios to the yardstick", against):
            console.print()
            console.print(table)


def _tables(name: str, figures: Mapping[str, Any]) -> Iterator[Table]:
    """Groups with the same figures are the columns of one table, its lines where there are many.

    Single figures have a table of their own.
    """
    groups = {key: dict(_flat(value)) for key, value in figures.items() if isinstance(value, Mapping)}
    single = {key: value for key, value in figures.items() if not isinstance(value, Mapping)}
    alike: dict[tuple[str, ...], dict[str, dict[str, str]]] = {}
    for key, group in groups.items():
        alike.setdefault(tuple(group), {})[key] = group
    if single:
        alike[tuple(single)] = {"": {key: _shown(value) for key, value in single.items()}}
    for rows, columns in alike.items():
        if len(columns) > _COLUMNS:
            yield _table(name, rows, {key: list(group.values()) for key, group in columns.items()})
        else:
            yield _table(name, columns, {row: [group[row] for group in columns.values()] for row in rows})


def _table(name: str, columns: Iterable[str], lines: Mapping[str, Sequence[str]]) -> Table:
    table = Table(title=name, title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("")
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right", no_wrap=True)
    for title, cells in lines.items():
        table.add_row(title.replace("_", " "), *cells)
    return table


def _flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in figures.items():
        if isinstance(value, Mapping) and value.keys() == PERCENTILES.keys():
            yield f"{prefix}{key} ({'/'.join(PERCENTILES)})", "/".join(f"{ms:.0f}" for ms in value.values())
        elif isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key} ")
        else:
            yield f"{prefix}{key}", _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return (
            f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
        )
    return f"{value:,}" if isinstance(value, int) else str(value)
