"""What breaks a process for a test can be reached by no setting and by no code of the product."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from chassis import fault_points
from tests.fault.breakage import VARIABLE, at

ROOT = Path(__file__).resolve().parents[2]
_PRODUCT = ("kernel", "chassis", "services", "tools")
_REACH_ALL = """
import asyncio
from chassis import fault_points
for point in (*fault_points.OF_A_CONSUMER, *fault_points.OF_THE_RELAY):
    asyncio.run(fault_points.reach(point))
print("alive")
"""
_WITH_A_BREAKAGE = "from tests.fault.breakage import break_as_ordered\nbreak_as_ordered()\n" + _REACH_ALL


def _run(code: str, point: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'gen'}", "PATH": "", VARIABLE: at(point)}
    command = [sys.executable, "-P", "-c", code]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_no_code_of_the_product_brings_a_breakage_in() -> None:
    named = {
        str(path.relative_to(ROOT))
        for room in _PRODUCT
        for path in (ROOT / room).rglob("*.py")
        if {"break_with", "_breakages", VARIABLE, "import tests"} & _names_in(path)
    }
    assert named == {"chassis/fault_points.py"}


def _names_in(path: Path) -> set[str]:
    """Every name, attribute, import and text of a file, the texts in docstrings aside."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.Attribute(attr=name):
                found.add(name)
            case ast.Import(names=names):
                found |= {f"import {one.name.split('.')[0]}" for one in names}
            case ast.ImportFrom(module=str(module), names=names):
                found |= {f"import {module.split('.')[0]}", *(one.name for one in names)}
            case ast.Constant(value=str(text)):
                found.add(text)
    return found


def test_the_steps_themselves_know_no_environment() -> None:
    tree = ast.parse((ROOT / "chassis/fault_points.py").read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {"collections.abc", "typing"}
    assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))


@pytest.mark.parametrize("point", [fault_points.IN_TRANSACTION, fault_points.RELAY_AFTER_SEND])
def test_a_process_of_the_product_passes_every_step_whatever_its_environment_orders(point: str) -> None:
    done = _run(_REACH_ALL, point)
    assert done.stdout == "alive\n", done.stderr


def test_the_same_order_kills_a_program_of_the_tests() -> None:
    done = _run(_WITH_A_BREAKAGE, fault_points.IN_TRANSACTION)
    assert done.returncode == -9, "this test could not have failed"
