"""Runs every group of invariants and says what was found."""

import json
import time
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.markup import escape

from tools.check.accounts import accounts
from tools.check.clocks import clocks
from tools.check.deliveries import deliveries
from tools.check.disclosures import disclosures
from tools.check.emergencies import emergencies
from tools.check.event_logs import event_logs
from tools.check.invariant import Finding, Group, Snapshot
from tools.check.ledger import ledger
from tools.check.merges import merges
from tools.check.needs import needs
from tools.check.offers import offers
from tools.check.paths import paths
from tools.check.places import places
from tools.check.recalls import recalls
from tools.check.retention import retention
from tools.check.rights import rights
from tools.check.second_opinion import second_opinion
from tools.check.waiting import waiting
from tools.check.where import one_instant

GROUPS: Final[tuple[Group, ...]] = (
    event_logs,
    needs,
    offers,
    places,
    waiting,
    paths,
    clocks,
    deliveries,
    disclosures,
    second_opinion,
    accounts,
    emergencies,
    rights,
    recalls,
    merges,
    retention,
    ledger,
)

# by the event log: a schema that has one was migrated and belongs to a service
_SCHEMAS: Final = "select schemaname from pg_tables where tablename = 'event_log'"


@dataclass(frozen=True, slots=True)
class Report:
    """Every finding of one run."""

    findings: tuple[Finding, ...]
    seconds: float

    @property
    def violations(self) -> int:
        """How many violations all invariants have together."""
        return sum(finding.violations for finding in self.findings)


async def check_database(url: str) -> Report:
    """Tests all invariants on one snapshot of all schemas.

    Raises:
        StackFailure: the database does not answer.
    """
    started = time.monotonic()
    async with one_instant(url) as connection:
        schemas = frozenset(row[0] for row in await connection.fetch(_SCHEMAS))
        snapshot = Snapshot(connection, schemas)
        findings = [finding for group in GROUPS for finding in await group(snapshot)]
    findings.sort(key=lambda finding: _order(finding.id))
    return Report(tuple(findings), time.monotonic() - started)


def as_json(report: Report) -> str:
    """One object, as other programs read it."""
    return json.dumps(
        {
            "violations": report.violations,
            "invariants": [
                {
                    "id": finding.id,
                    "checked": finding.checked,
                    "violations": finding.violations,
                    "examples": list(finding.examples),
                }
                for finding in report.findings
            ],
        },
        indent=1,
    )


def print_report(report: Report) -> None:
    """One line and figure for each invariant, the broken ones with examples."""
    console = Console(highlight=False, soft_wrap=True)
    width = max((len(finding.id) for finding in report.findings), default=0)
    for finding in report.findings:
        mark = "[red]✗[/]" if finding.violations else "[green]✓[/]"
        broken = f"[red]{finding.violations:>7,} broken[/]" if finding.violations else "      0 broken"
        console.print(
            f"{mark} {finding.id:<{width}} {finding.checked:>11,} checked {broken}  {escape(finding.rule)}"
        )
        for example in finding.examples:
            console.print(f"      [red]{escape(example)}[/]")
    verdict = f"[red]{report.violations:,} violations[/]" if report.violations else "[green]0 violations[/]"
    console.print(f"{len(report.findings)} invariants, {verdict}, in {report.seconds:.1f} s")


def _order(invariant_id: str) -> tuple[int, str]:
    number, _, name = invariant_id.removeprefix("I").partition("-")
    return int(number), name
