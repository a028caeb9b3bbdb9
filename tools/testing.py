"""`./kem test`: the layers of tests, in order, each with its seconds; all are run, whichever fails.

A layer is a few commands. What pytest counted is summed up in the last line: `N passed, N failed`. Tests that
need a program which cannot be had here skip themselves: they are named as not run. Nothing else is skipped.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final
from xml.etree import ElementTree

import typer

from tools.stack.failure import StackFailure

ROOT: Final = Path(__file__).resolve().parents[1]
_PROGRAMS: Final = Path(sys.executable).parent
_CORE_LIMIT_SECONDS: Final = 1200
_DEEP_LIMIT_SECONDS: Final = 3600
_DEEP_TEST_LIMIT: Final = "--timeout=1200"
"""pyproject.toml has the limit of a test in the core."""
_LOSS_REPEATS: Final = 5
EXIT_FAILED: Final = 1
EXIT_NOT_RUN: Final = 3
"""All that was run has passed, but some of it could not be run."""
_ON_EACH_CORE: Final = ("-n", "logical", "--dist", "worksteal")
"""Tests that do nothing but compute."""
_MOSTLY_WAITING: Final = ("-n", "8", "--dist", "worksteal")
"""For a broker to miss a dead member, for workers to start."""
_SIDE_BY_SIDE: Final = ("-n", "6", "--dist", "worksteal")
"""Tests that mostly wait: for a broker to miss a dead member, for workers to start."""
_SOME_SIDE_BY_SIDE: Final = ("-n", "4", "--dist", "worksteal")
"""Tests that start several processes each, and wait for them."""
_FILES_SIDE_BY_SIDE: Final = ("-n", "3", "--dist", "loadfile")
"""One stack for each file, several stacks at once."""

_TWO_BROWSERS: Final = ("-n", "2", "--dist", "worksteal")
"""Each with a hub of its own."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Commands to run, and folders of tests; `settings` go into the environment of both."""

    name: str
    commands: Sequence[Sequence[str]] = ()
    tests: str | None = None
    options: Sequence[str] = ()
    settings: dict[str, str] = field(default_factory=dict)
    repeats: int = 1
    limit_seconds: int = _CORE_LIMIT_SECONDS
    """Of each command and each round of tests."""


CORE: Final = (
    Layer(
        "lint",
        [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["python", "-m", "tools.lint"]],
    ),
    Layer("types", [["mypy", "kernel", "chassis", "services", "tools", "tests"]]),
    Layer("protos", [["python", "-m", "tools.protos", "check"]]),
    Layer("unit", tests="tests/unit"),
    Layer("property", tests="tests/property"),
    Layer("architecture", tests="tests/architecture"),
    Layer("integration", tests="tests/integration", options=_SIDE_BY_SIDE),
    Layer("component", tests="tests/component", options=_FILES_SIDE_BY_SIDE),
    Layer("fault", tests="tests/fault", options=_MOSTLY_WAITING),
    Layer("browser", tests="tests/browser", options=_TWO_BROWSERS),
    Layer("e2e", tests="tests/e2e", options=_FILES_SIDE_BY_SIDE),
)
DEEP: Final = (
    Layer(
        "property, many cases",
        tests="tests/property",
        options=(*_ON_EACH_CORE, _DEEP_TEST_LIMIT),
        settings={"KEM_TEST_DEPTH": "deep"},
        limit_seconds=_DEEP_LIMIT_SECONDS,
    ),
    Layer(
        "any request, many times",
        tests="tests/component/access/test_whatever_is_sent.py",
        options=(*_ON_EACH_CORE, _DEEP_TEST_LIMIT),
        settings={"KEM_TEST_DEPTH": "deep"},
        limit_seconds=_DEEP_LIMIT_SECONDS,
    ),
    Layer(
        "every page, language and width",
        tests="tests/browser",
        options=(*_TWO_BROWSERS, _DEEP_TEST_LIMIT),
        settings={"KEM_TEST_DEPTH": "deep"},
    ),
    Layer(
        "fault, repeated",
        tests="tests/fault",
        options=(*_MOSTLY_WAITING, _DEEP_TEST_LIMIT),
        settings={"KEM_TEST_DEPTH": "deep"},
        repeats=_LOSS_REPEATS,
    ),
    Layer(
        "every step and fault",
        tests="tests/deep/steps",
        options=_SOME_SIDE_BY_SIDE,
        limit_seconds=_DEEP_LIMIT_SECONDS,
    ),
    Layer(
        "mutants",
        tests="tests/deep/mutants",
        options=(*_SOME_SIDE_BY_SIDE, _DEEP_TEST_LIMIT),
        limit_seconds=_DEEP_LIMIT_SECONDS,
    ),
    Layer(
        "deep",
        tests="tests/deep",
        options=(
            *_FILES_SIDE_BY_SIDE,
            _DEEP_TEST_LIMIT,
            "--ignore=tests/deep/steps",
            "--ignore=tests/deep/mutants",
        ),
        settings={"KEM_TEST_DEPTH": "deep"},
        limit_seconds=_DEEP_LIMIT_SECONDS,
    ),
)
_SHORTEST_OPTIONS: Final = ("-q", "--no-header", "--tb=short", "-rfEs")


@dataclass(slots=True)
class Outcome:
    """How one layer went."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    not_run: dict[str, int] = field(default_factory=dict)
    """Why tests were skipped, and how many."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("test", epilog="Example: ./kem test unit component")(run_layers)


def run_layers(
    layers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LAYER]...",
            help=f"{', '.join(layer.name for layer in CORE)}; deep for the long ones; all but deep without.",
        ),
    ] = None,
) -> None:
    """Run the tests, layer by layer."""
    outcomes = []
    for layer in chosen(layers or []):
        print(f"\n── {layer.name} " + "─" * (60 - len(layer.name)), flush=True)
        outcome = run(layer)
        outcomes.append(outcome)
        print(f"── {layer.name}: {_said(outcome)}, {outcome.seconds:.1f} s", flush=True)
    print("\n" + summary(outcomes), flush=True)
    if code := exit_code(outcomes):
        raise typer.Exit(code)


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0 only where everything was run and has passed."""
    if any(outcome.failed for outcome in outcomes):
        return EXIT_FAILED
    return EXIT_NOT_RUN if any(outcome.skipped for outcome in outcomes) else 0


def chosen(names: Sequence[str]) -> list[Layer]:
    """The layers of these names, in their order; the core without names.

    Raises:
        StackFailure: there is no such layer.
    """
    known = {layer.name: layer for layer in CORE}
    unknown = [name for name in names if name not in known and name != "deep"]
    if unknown:
        raise StackFailure(f"There is no layer {unknown[0]!r}; there are: {', '.join(known)}, deep.", 2)
    layers = [layer for layer in CORE if not names or layer.name in names]
    return [*layers, *(DEEP if "deep" in names else ())]


def run(layer: Layer) -> Outcome:
    """Runs one layer to its end; a command that fails counts as one failure."""
    outcome = Outcome(layer.name)
    began = time.monotonic()
    for command in layer.commands:
        outcome.failed += _run([str(_PROGRAMS / command[0]), *command[1:]], layer) != 0
    if layer.tests is not None and any((ROOT / layer.tests).rglob("test_*.py")):
        for _ in range(layer.repeats):
            _run_tests(layer, layer.tests, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


def _run_tests(layer: Layer, tests: str, outcome: Outcome) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", tests, *_SHORTEST_OPTIONS, *layer.options]
        code = _run([*command, f"--junitxml={report}"], layer)
        passed, failed, skipped = read_report(report)
        reasons = reasons_not_run(report)
    outcome.passed += passed
    outcome.skipped += skipped
    for reason in reasons:
        outcome.not_run[reason] = outcome.not_run.get(reason, 0) + 1
    # pytest itself may break without a failing test
    outcome.failed += failed or int(code != 0)


def read_report(report: Path) -> tuple[int, int, int]:
    """Passed, failed, skipped of a JUnit report; all 0 when pytest wrote none."""
    if not report.exists():
        return 0, 0, 0
    passed = failed = skipped = 0
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314 (we wrote it)
        broken = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        left_out = int(suite.get("skipped", 0))
        failed += broken
        skipped += left_out
        passed += int(suite.get("tests", 0)) - broken - left_out
    return passed, failed, skipped


def reasons_not_run(report: Path) -> list[str]:
    """Why each skipped test was skipped, as it says itself."""
    if not report.exists():
        return []
    skips = ElementTree.parse(report).getroot().iter("skipped")  # noqa: S314 (we wrote it)
    return [skip.get("message", "") for skip in skips]


def _run(command: Sequence[str], layer: Layer) -> int:
    roots = os.pathsep.join([str(ROOT), str(ROOT / "gen")])
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": roots} | layer.settings,
            check=False,
            timeout=layer.limit_seconds,
        ).returncode
    except subprocess.TimeoutExpired:
        print(f"stopped: not done after {layer.limit_seconds} s", flush=True)
        return 1


def _said(outcome: Outcome) -> str:
    if not outcome.passed and not outcome.failed:
        return "passed"
    skipped = f", {outcome.skipped} not run" if outcome.skipped else ""
    return f"{outcome.passed} passed, {outcome.failed} failed{skipped}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """A line per layer, and the totals alone in the last line."""
    lines = [f"{outcome.name:<22} {outcome.seconds:7.1f} s   {_said(outcome)}" for outcome in outcomes]
    lines += [f"not run in {outcome.name}: {reason}" for outcome in outcomes for reason in outcome.not_run]
    total = sum(outcome.seconds for outcome in outcomes)
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    return "\n".join([*lines, f"{'in all':<22} {total:7.1f} s", f"{passed} passed, {failed} failed"])
