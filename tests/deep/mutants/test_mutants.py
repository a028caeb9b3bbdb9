"""The story: somebody makes a mistake that looks like nothing, in one of the places where it costs most.
The breakage: each hand-made bug of mutants.toml, one at a time, in a copy of the tree.
What must still hold: the tests that the list names see it.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest

from tests.support.mutants import Mutant, copy_tree, kept_mutants

LIMIT_SECONDS: Final = 300
_KEPT_SETTINGS: Final = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH")


def outcomes_in(tree: Path, tests: tuple[str, ...]) -> tuple[dict[str, bool], str]:
    """Runs tests of a tree; answers for each case whether it failed, and what was said.

    A fixture that looks at what a test left fails as the test does; one that cannot begin has seen nothing.
    """
    report = tree / "report.xml"
    options = ("-q", "--no-header", "--tb=short", f"--junitxml={report}")
    settings = {name: os.environ[name] for name in _KEPT_SETTINGS if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=tree,
        env=settings | {"PYTHONPATH": f"{tree}{os.pathsep}{tree / 'gen'}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode in (0, 1), f"the tests did not run: {done.stdout[-3000:]}{done.stderr[-2000:]}"
    found: dict[str, bool] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name, error = f"{case.get('classname')}.{case.get('name')}", case.find("error")
        has_failed = case.find("failure") is not None
        has_failed |= error is not None and str(error.get("message")).startswith("failed on teardown")
        found[name] = found.get(name, False) or has_failed
    return found, done.stdout


def is_caught(test: str, outcomes: dict[str, bool]) -> bool:
    """Whether the named test, or a case of it, failed."""
    path, _, name = test.partition("::")
    full = f"{path.removesuffix('.py').replace('/', '.')}.{name}"
    return any(failed and (case == full or case.startswith(full + "[")) for case, failed in outcomes.items())


@pytest.mark.parametrize("mutant", kept_mutants(), ids=lambda mutant: mutant.name)
def test_a_bug_is_caught_by_the_tests_that_say_so(mutant: Mutant, tmp_path: Path) -> None:
    tree = copy_tree(tmp_path / "tree")
    mutant.apply(tree)
    outcomes, said = outcomes_in(tree, mutant.caught_by)
    blind = [test for test in mutant.caught_by if not is_caught(test, outcomes)]
    assert not blind, f"these tests do not see it: {blind}\n{said[-3000:]}"
