"""The list of hand-made bugs stays at the height of the code: each still has its place and its tests."""

import ast
from collections import Counter

import pytest

from tests.support.mutants import ROOT, Mutant, kept_mutants

LEAST = 25


@pytest.mark.parametrize("mutant", kept_mutants(), ids=lambda mutant: mutant.name)
def test_a_mutant_fits_the_code(mutant: Mutant) -> None:
    found = (ROOT / mutant.file).read_text().count(mutant.old)
    assert found == 1, f"mend it in tests/deep/mutants/mutants.toml: its old text stands {found} times"
    assert mutant.new != mutant.old
    assert mutant.caught_by
    for test in mutant.caught_by:
        path, _, name = test.partition("::")
        functions = {
            node.name
            for node in ast.walk(ast.parse((ROOT / path).read_text()))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        assert name.partition("[")[0] in functions, f"there is no test {test}"


def test_there_are_enough_of_them_and_each_has_its_own_name() -> None:
    names = Counter(mutant.name for mutant in kept_mutants())
    assert len(names) >= LEAST
    assert [name for name, times in names.items() if times > 1] == []
