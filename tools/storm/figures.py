"""What a storm came to: one object for programs, one page for people."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from tools.demo.summary import percentiles
from tools.storm.recovery import Recovery


@dataclass(slots=True)
class Log:
    """What has struck so far, and how long each recovery took."""

    faults: Counter[str] = field(default_factory=Counter)
    serving_seconds: list[float] = field(default_factory=list)
    caught_up_seconds: list[float] = field(default_factory=list)
    not_in_time: list[str] = field(default_factory=list)
    """Faults after which somebody waited in vain."""

    def recovered(self, kind: str, recovery: Recovery) -> None:
        """Notes one recovery."""
        for taken, times in (
            (recovery.serving_seconds, self.serving_seconds),
            (recovery.caught_up_seconds, self.caught_up_seconds),
        ):
            if taken is None:
                self.not_in_time.append(kind)
                return
            times.append(taken)

    @property
    def all_faults(self) -> int:
        return sum(self.faults.values())


@dataclass(frozen=True, slots=True)
class Figures:
    """Every figure of a storm; times in seconds from the strike."""

    seed: int
    broker: str
    minutes: float
    faults: dict[str, int]
    faults_in_all: int
    needs_recorded: int
    states: dict[str, int]
    offers_sent: int
    lost: dict[str, int]
    doubled: dict[str, int]
    violations: dict[str, int]
    still_under_way: int
    recoveries_not_in_time: list[str]
    seconds_to_serve_again: dict[str, float]
    seconds_to_lag_0: dict[str, float]
    restarts: dict[str, int]
    broker_refills: int

    @property
    def is_good(self) -> bool:
        """Nothing lost, nothing doubled, every rule kept, and everything came to rest."""
        return not (
            self.lost
            or self.doubled
            or self.violations
            or self.still_under_way
            or self.recoveries_not_in_time
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def show(self, console: Console) -> None:
        """Prints the storm for people."""
        table = Table(box=None, show_header=False, padding=(0, 2), title="The storm", title_justify="left")
        table.add_column(justify="right", style="bold")
        table.add_column()
        table.add_row(f"{self.faults_in_all:,}", f"faults in {self.minutes:.1f} minutes (seed {self.seed})")
        for kind, number in sorted(self.faults.items(), key=lambda entry: -entry[1]):
            table.add_row(f"{number:,}", kind)
        table.add_row(
            f"{self.needs_recorded:,}", f"needs recorded meanwhile, {self.offers_sent:,} offers made"
        )
        table.add_row(f"{self.broker_refills:,}", "times the broker was filled again")
        console.print(table)
        for words, times in (
            ("Serving again", self.seconds_to_serve_again),
            ("Nobody behind", self.seconds_to_lag_0),
        ):
            console.print(
                f"{words} after a fault: half within {times['p50']:.1f} s, 99 % within {times['p99']:.1f} s,"
                f" the slowest {times['max']:.1f} s."
            )
        if self.is_good:
            console.print("[bold green]Nothing lost, nothing doubled, every rule kept.[/]")
            return
        for words, found in (
            ("lost", self.lost),
            ("doubled", self.doubled),
            ("rules broken", self.violations),
            ("referrals still under way", self.still_under_way),
            ("recoveries not in time", self.recoveries_not_in_time),
        ):
            if found:
                console.print(f"[bold red]{words}: {found}[/]")


def seconds(times: list[float]) -> dict[str, float]:
    """p50, p95, p99 and max."""
    return percentiles(sorted(times))
