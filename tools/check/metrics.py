"""A report as Prometheus reads it: the text format, in a file that is there whole or not at all."""

import time
from pathlib import Path

from tools.check.report import Report
from tools.stack.failure import StackFailure


def write_metrics(report: Report, file: Path) -> None:
    """Replaces the file; name it `*.prom` in the folder that node exporter reads.

    Raises:
        StackFailure: it cannot be written there.
    """
    fresh = file.with_name(f".{file.name}.new")
    try:
        fresh.write_text(as_metrics(report, time.time()), encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        raise StackFailure(f"The figures cannot be written to {file}: {error.strerror}.") from None


def as_metrics(report: Report, now: float) -> str:
    """Each invariant with its figures, and when they were read (seconds since 1970)."""
    lines = [
        "# HELP kem_check_violations How many things break an invariant.",
        "# TYPE kem_check_violations gauge",
        *(f'kem_check_violations{{invariant="{one.id}"}} {one.violations}' for one in report.findings),
        "# HELP kem_check_checked On how many things an invariant was tested.",
        "# TYPE kem_check_checked gauge",
        *(f'kem_check_checked{{invariant="{one.id}"}} {one.checked}' for one in report.findings),
        "# HELP kem_check_time_seconds When the invariants were last tested.",
        "# TYPE kem_check_time_seconds gauge",
        f"kem_check_time_seconds {now:.0f}",
    ]
    return "\n".join(lines) + "\n"
