"""What `./kem test` chooses, counts and says."""

from pathlib import Path

import pytest

from tools.stack.failure import StackFailure
from tools.testing import CORE, DEEP, Layer, Outcome, chosen, exit_code, read_report, run, summary


def test_without_names_the_core_is_run_and_nothing_of_the_deep() -> None:
    assert chosen([]) == list(CORE)


def test_layers_run_in_their_order_whatever_the_order_of_names() -> None:
    assert [layer.name for layer in chosen(["unit", "lint"])] == ["lint", "unit"]


def test_deep_alone_runs_the_long_ones_alone() -> None:
    assert chosen(["deep"]) == list(DEEP)


def test_an_unknown_layer_is_named_with_those_that_exist() -> None:
    with pytest.raises(StackFailure, match=r"'units'.*unit, property"):
        chosen(["units"])


def test_errors_count_as_failures_and_skipped_tests_as_neither(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite tests="10" failures="2" errors="1" skipped="3"/></testsuites>',
        encoding="utf-8",
    )
    assert read_report(report) == (4, 3, 3)
    assert read_report(tmp_path / "none.xml") == (0, 0, 0)


def test_tests_that_could_not_be_run_are_named_with_their_reason_and_are_no_success(tmp_path: Path) -> None:
    (tmp_path / "test_needs_much.py").write_text(
        "import pytest\n\ndef test_it():\n    pytest.skip('Apache Kafka needs java')\n", encoding="utf-8"
    )
    outcome = run(Layer("much", tests=str(tmp_path)))
    assert (outcome.failed, outcome.skipped) == (0, 1)
    assert exit_code([outcome]) == 3
    assert exit_code([outcome, Outcome("unit", failed=1)]) == 1
    assert exit_code([Outcome("unit", passed=1)]) == 0
    assert "not run in much: Apache Kafka needs java" in summary([outcome])


def test_the_last_line_is_the_sum_and_nothing_else() -> None:
    outcomes = [Outcome("unit", passed=5), Outcome("fault", passed=2, failed=1, skipped=4), Outcome("lint")]
    assert summary(outcomes).splitlines()[-1] == "7 passed, 1 failed"
