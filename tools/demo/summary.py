"""What a day came to: one object for programs, one page for people."""

import statistics
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Summary:
    """Every figure of a day. `lost` and `doubled` are the clients' own records held against the databases."""

    directory: dict[str, int]
    needs_recorded: int
    states: dict[str, int]
    offers_sent: int
    offers_delivered: int
    accepted: int
    accepted_for_assessment: int
    declined: int
    reoffered: int
    expired: int
    waitlisted: int
    returned: int
    questions: int
    disclosures: int
    disclosures_refused: int
    lost: int
    doubled: int
    invariant_violations: int
    need_to_offer_ms: dict[str, float]
    needs_per_second: float
    seconds: float

    @property
    def is_good(self) -> bool:
        return self.lost == self.doubled == self.invariant_violations == 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def show(self, console: Console) -> None:
        """Prints the day for people."""
        figures = Table(
            box=None, show_header=False, padding=(0, 2), title="The day in figures", title_justify="left"
        )
        figures.add_column(justify="right", style="bold")
        figures.add_column()
        for value, words in (
            (self.needs_recorded, f"needs recorded, {self.needs_per_second:.0f} a second while people came"),
            (self.offers_sent, f"offers made ({self.offers_delivered} arrived on agencies' streams)"),
            (self.accepted, f"accepted; {self.accepted_for_assessment} first for an assessment"),
            (self.declined, "declined with a reason"),
            (self.expired, "not answered in time"),
            (self.reoffered, "offered to another agency after that"),
            (self.waitlisted, "put on an agency's waiting list"),
            (self.returned, "taken up and given back"),
            (self.questions, "questions asked before answering"),
            (self.disclosures, f"disclosures of consented data; {self.disclosures_refused} refused"),
        ):
            figures.add_row(f"{value:,}", words)
        console.print(figures)
        states = Table(
            box=None, show_header=False, padding=(0, 2), title="Where they stand", title_justify="left"
        )
        states.add_column(justify="right", style="bold")
        states.add_column()
        for state, number in sorted(self.states.items(), key=lambda entry: -entry[1]):
            states.add_row(f"{number:,}", state.replace("_", " ").lower())
        console.print(states)
        times = self.need_to_offer_ms
        console.print(
            f"From need to the agency's screen: half within {times['p50']:.0f} ms,"
            f" 95 % within {times['p95']:.0f} ms, the slowest {times['max']:.0f} ms."
        )
        verdict = "Nothing lost, nothing doubled, every rule kept."
        if self.is_good:
            console.print(f"[bold green]{verdict}[/]")
        else:
            console.print(
                f"[bold red]{self.lost} lost, {self.doubled} doubled,"
                f" {self.invariant_violations} rules broken.[/] `./kem check` says which."
            )


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    """p50, p95, p99 and max of a sorted list; zeros where it is empty."""
    if not milliseconds:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0}
    if len(milliseconds) == 1:
        return dict.fromkeys(("p50", "p95", "p99", "max"), round(milliseconds[0], 1))
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return {
        "p50": round(cuts[49], 1),
        "p95": round(cuts[94], 1),
        "p99": round(cuts[98], 1),
        "max": round(milliseconds[-1], 1),
    }
