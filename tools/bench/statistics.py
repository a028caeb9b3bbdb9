"""Figures out of many measurements: percentiles of one round, medians of several rounds."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def percentiles_ms(seconds: Iterable[float]) -> dict[str, float]:
    """p50, p95, p99 and max of durations, in milliseconds; zeros where there are none."""
    ordered = sorted(1000 * second for second in seconds)
    if not ordered:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0}
    return {
        "p50": round(_at(ordered, 0.50), 1),
        "p95": round(_at(ordered, 0.95), 1),
        "p99": round(_at(ordered, 0.99), 1),
        "max": round(ordered[-1], 1),
    }


def _at(ordered: Sequence[float], share: float) -> float:
    """The nearest rank: a duration that was measured, never one in between."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def medians(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each figure's median over the rounds, groups within groups too; of other values the last one."""
    result: dict[str, Any] = {}
    for name, last in rounds[-1].items():
        values = [figures[name] for figures in rounds if name in figures]
        if isinstance(last, Mapping):
            result[name] = medians(values)
        elif isinstance(last, bool) or not isinstance(last, int | float):
            result[name] = last
        else:
            result[name] = statistics.median(values)
    return result
