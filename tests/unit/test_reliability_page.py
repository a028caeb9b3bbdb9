"""docs/reliability.md tells of every step, every fault, every consumer and every invariant that is tested."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from chassis.fault_points import OF_A_CONSUMER, OF_THE_RELAY
from tests.fault.faults import Fault, faults_at
from tests.fault.scenes import SCENES
from tools.check.report import GROUPS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reliability.md").read_text()


def row(point: str) -> dict[str, str]:
    """What the page says about a step, by fault."""
    table = next(part for part in PAGE.split("\n\n") if f"\n| {point} |" in part)
    head, line = table.splitlines()[0], next(one for one in table.splitlines() if f"| {point} |" in one)
    cells = [[cell.strip() for cell in one.strip("|").split("|")][1:] for one in (head, line)]
    return dict(zip(*cells, strict=True))


@pytest.mark.parametrize("point", [*OF_A_CONSUMER, *OF_THE_RELAY])
def test_each_step_has_its_row_with_every_fault_that_can_happen_there(point: str) -> None:
    told = row(point)
    assert {fault for fault, cell in told.items() if cell == "holds"} == set(faults_at(point))
    assert {cell for fault, cell in told.items() if fault not in faults_at(point)} <= {"–"}


def test_every_fault_and_every_consumer_is_explained() -> None:
    for fault in Fault:
        assert f"\n| {fault} | " in PAGE
    for consumer in SCENES:
        assert f"`{consumer}`" in PAGE


def test_every_consumer_of_the_product_is_struck() -> None:
    wired = set()
    for path in ROOT.glob("services/*/__main__.py"):
        service = importlib.import_module(f"services.{path.parent.name}.__main__")
        for call in ast.walk(ast.parse(path.read_text())):
            match call:
                case ast.Call(func=ast.Attribute(attr="stream" | "project"), args=[ast.Name(id=name), *_]):
                    wired.add(getattr(service, name))
    assert wired == set(SCENES), "a consumer needs its scene in tests/fault/scenes"


def test_every_invariant_of_the_check_has_its_mark() -> None:
    source = "".join(
        Path(str(group.__code__.co_filename)).read_text()
        for group in {group.__code__.co_filename: group for group in GROUPS}.values()
    )
    checked = set(re.findall(r'"(I\d+)-', source))
    marked = set(re.findall(r"^\| (I\d+) \| [^|]* \| ✓ \|", PAGE, re.MULTILINE))
    assert marked == checked
    assert len(re.findall(r"^\| I\d+ \|", PAGE, re.MULTILINE)) == 21


def test_every_test_that_the_page_names_is_there() -> None:
    for path in re.findall(r"tests/[\w/-]+(?:\.\w+)?", PAGE):
        assert (ROOT / path).exists(), path
