"""Each alert can be acted on: it has its page, its tests, and every command on the page exists."""

import json
import re

from tests.support.alerts import DASHBOARD, ROOT, RULE_TESTS, RULES, alerts
from tools.commands import COMMANDS

RUNBOOKS = ROOT / "docs/runbooks"
_COMMAND = re.compile(r"\./kem ([a-z-]+)")
_LOG_WORD = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_CODE = ("chassis", "services", "tools", "protos")


def test_every_alert_of_the_rules_is_read() -> None:
    assert [alert.name for alert in alerts()] == re.findall(r"alert: (\w+)", RULES.read_text())
    assert len(alerts()) > 5


def test_every_alert_has_its_page() -> None:
    assert [alert.runbook for alert in alerts() if not (ROOT / alert.runbook).is_file()] == []
    assert {str((ROOT / alert.runbook).parent) for alert in alerts()} == {str(RUNBOOKS)}


def test_every_alert_is_seen_firing_and_seen_silent() -> None:
    text = "".join(file.read_text() for file in RULE_TESTS)
    for alert in alerts():
        assert re.search(rf"eval_time: \S+\n +alertname: {alert.name}\n +exp_alerts:\n +- exp_labels", text)
        assert f"alertname: {alert.name}, exp_alerts: []" in text, alert.name


def test_every_command_on_a_page_exists() -> None:
    for page in RUNBOOKS.glob("*.md"):
        named = set(_COMMAND.findall(page.read_text()))
        assert named, page
        assert named <= set(COMMANDS), page


def test_every_word_of_a_log_or_a_figure_on_a_page_stands_in_the_code() -> None:
    files = [file for room in _CODE for kind in ("py", "proto") for file in (ROOT / room).rglob(f"*.{kind}")]
    code = "\n".join(file.read_text() for file in files)
    for page in RUNBOOKS.glob("*.md"):
        missing = {word for word in _LOG_WORD.findall(page.read_text()) if word not in code}
        assert missing == set(), page


def test_the_dashboard_asks_one_prometheus_and_says_what_each_panel_shows() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"]
        assert panel["targets"]
        assert panel["datasource"]["uid"] == "${datasource}"
        for page in re.findall(r"[a-z-]+\.md", panel["description"]):
            assert (RUNBOOKS / page).is_file(), page
