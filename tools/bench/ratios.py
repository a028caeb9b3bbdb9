"""The hub's rates and costs held against the yardstick's, where both were measured in one run."""

from collections.abc import Mapping
from typing import Any


def ratios(results: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """How many times the yardstick's rate the hub reaches; for `cpu_…`, how many times its CPU it takes."""
    yardstick = results.get("yardstick")
    if yardstick is None:
        return {}
    found: dict[str, float] = {}
    for bench, prefix, rate in (("pipeline", "", "needs_per_second"), ("loop", "loop_", "loops_per_second")):
        for group, figures in results.get(bench, {}).items():
            against = yardstick.get(prefix + group)
            if group == "batches_of_50":  # the yardstick takes needs one by one: its best is what counts
                against = yardstick.get("callers_32")
            if against:
                found[f"{bench}_{group}"] = round(figures[rate] / against[rate], 2)
    for group, figures in results.get("cpu", {}).items():
        against = yardstick.get(f"cpu_{group}")
        if against and group != "idle":
            found[f"cpu_{group}"] = round(figures["cpu_ms"] / against["cpu_ms"], 2)
    return found
