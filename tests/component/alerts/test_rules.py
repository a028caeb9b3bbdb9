"""The alert rules as Prometheus reads them; each is seen failing its tests when it never or always fires."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.alerts import DASHBOARD, PROMETHEUS, RULE_TESTS, RULES, alerts
from tools.stack.debian import ProgramMissing, find_programs


@pytest.fixture(scope="session")
def promtool() -> str:
    """Prometheus' own tool; root installs it, for anybody else these tests are reported as not run."""
    try:
        find_programs({"promtool": "prometheus"}, "the test of the alert rules", print)
    except ProgramMissing as missing:
        pytest.skip(missing.sentence)
    return str(shutil.which("promtool"))


def run(promtool: str, *arguments: str) -> tuple[bool, str]:
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_its_settings_and_the_rules(promtool: str) -> None:
    is_taken, said = run(promtool, "check", "config", str(PROMETHEUS))
    assert is_taken, said
    assert f"{len(alerts())} rules found" in said


def test_every_alert_fires_when_it_should_and_keeps_silent_otherwise(promtool: str) -> None:
    has_passed, said = run(promtool, "test", "rules", *map(str, RULE_TESTS))
    assert has_passed, said


@pytest.mark.parametrize("alert", [alert.name for alert in alerts()])
@pytest.mark.parametrize("expression", ["vector(1) < 0", "up >= 0 or vector(1)"], ids=["never", "always"])
def test_a_rule_that_never_or_always_fires_is_noticed(
    promtool: str, alert: str, expression: str, tmp_path: Path
) -> None:
    broken = re.sub(
        rf"(- alert: {alert}\n +expr: ).*?(?=\n +(?:for|labels):)",
        lambda found: found[1] + expression,
        RULES.read_text(),
        flags=re.DOTALL,
    )
    assert expression in broken
    (tmp_path / RULES.name).write_text(broken)
    copies = [str(shutil.copy(file, tmp_path)) for file in RULE_TESTS]
    has_passed, said = run(promtool, "test", "rules", *copies)
    assert not has_passed
    assert alert in said


def test_every_question_of_the_dashboard_is_one_that_prometheus_understands(
    promtool: str, tmp_path: Path
) -> None:
    questions = re.findall(r'"expr": "(.+)",?$', DASHBOARD.read_text(), re.MULTILINE)
    assert len(questions) > 15
    rules = "".join(
        f"      - record: question_{number}\n        expr: '{question.encode().decode('unicode_escape')}'\n"
        for number, question in enumerate(questions)
    )
    file = tmp_path / "questions.yml"
    file.write_text(f"groups:\n  - name: dashboard\n    rules:\n{rules}")
    is_understood, said = run(promtool, "check", "rules", str(file))
    assert is_understood, said
