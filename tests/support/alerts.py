"""What is watched: alerts and figures, as the files in deploy/ name them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
RULES: Final = ROOT / "deploy/prometheus/rules.yml"
RULE_TESTS: Final = sorted((ROOT / "deploy/prometheus").glob("rules*.test.yml"))
PROMETHEUS: Final = ROOT / "deploy/prometheus/prometheus.yml"
DASHBOARD: Final = ROOT / "deploy/grafana/dashboard.json"

_ALERT: Final = re.compile(r"- alert: (\w+)\n(.*?)(?=\n +- alert: |\Z)", re.DOTALL)
_RUNBOOK: Final = re.compile(r"^ +runbook: (\S+)$", re.MULTILINE)
_FIGURE: Final = re.compile(r"\bkem_[a-z_]+")


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of the rules; `text` is all that stands under its name."""

    name: str
    runbook: str
    text: str


def alerts() -> list[Alert]:
    """Every alert, in the order of the file."""
    found = []
    for match in _ALERT.finditer(RULES.read_text()):
        (runbook,) = _RUNBOOK.findall(match[2])
        found.append(Alert(match[1], runbook, match[2]))
    return found


def figures_used() -> set[str]:
    """The names of all figures that a rule or the dashboard asks for."""
    return set(_FIGURE.findall(RULES.read_text() + DASHBOARD.read_text()))
