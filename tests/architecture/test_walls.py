"""The walls between the rooms: all stand, and each one is seen catching what breaks it."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_CODE = ("kernel", "chassis", "services", "tools")

_BREACHES = {
    "Imports point inward in every service": (
        "services/referral/domain/breach_inward.py",
        "import services.referral.use_cases",
    ),
    "Services never import each other": (
        "services/referral/adapters/breach_sibling.py",
        "import services.intake.domain",
    ),
    "The domain is pure": ("services/intake/domain/breach_pure.py", "import asyncpg"),
    "Use cases know no technology": ("services/intake/use_cases/breach_technology.py", "import grpc"),
    "The kernel stands on the standard library alone": ("kernel/breach_kernel.py", "import structlog"),
    "The chassis knows no service": ("chassis/breach_chassis.py", "import services.intake.domain"),
    "Tools speak to services from outside": ("tools/breach_tools.py", "import services.referral.domain"),
}

_BENCH_BREACH = ("tools/bench/breach_bench.py", "import services.referral.use_cases")
_BENCH_RIGHT = ("tools/bench/times_a_rule.py", "import services.referral.domain.matching")


def _lint(root: Path) -> str:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(program), "--no-cache"],
        cwd=root,
        env={
            "PYTHONPATH": f"{root}:{ROOT / 'gen'}",
            "PATH": "/usr/bin:/bin",
            "COLUMNS": "200",
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def _verdicts(said: str) -> dict[str, str]:
    return dict(re.findall(r"^(.+?) (KEPT|BROKEN)", said, re.MULTILINE))


def _contracts() -> set[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]}


@pytest.fixture(scope="module")
def broken_house(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says about a copy of the house in which every wall has a hole."""
    copy = tmp_path_factory.mktemp("house")
    for room in _CODE:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for path, line in (*_BREACHES.values(), _BENCH_BREACH, _BENCH_RIGHT):
        (copy / path).write_text(f'"""A breach."""\n\n{line}\n')
    return _lint(copy)


def test_all_walls_stand() -> None:
    said = _lint(ROOT)
    assert _verdicts(said) == dict.fromkeys(_contracts(), "KEPT"), said


def test_every_wall_has_its_breach() -> None:
    assert set(_BREACHES) == _contracts()


@pytest.mark.parametrize("wall", _BREACHES)
def test_a_wall_catches_what_breaks_it(wall: str, broken_house: str) -> None:
    path, _ = _BREACHES[wall]
    assert _verdicts(broken_house)[wall] == "BROKEN", broken_house
    assert path.removesuffix(".py").replace("/", ".") in broken_house


def test_a_bench_may_time_a_rule_of_a_domain_and_reach_no_further(broken_house: str) -> None:
    assert "tools.bench.breach_bench" in broken_house
    assert "tools.bench.times_a_rule" not in broken_house


def test_every_service_stands_behind_the_walls() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    services = {f"services.{path.parent.name}" for path in (ROOT / "services").glob("*/__init__.py")}
    with_use_cases = {f"services.{path.parent.name}" for path in (ROOT / "services").glob("*/use_cases")}
    for contract in settings["tool"]["importlinter"]["contracts"]:
        named = (
            contract.get("containers", []) + contract.get("modules", []) + contract.get("source_modules", [])
        )
        rooms = {".".join(name.split(".")[:2]) for name in named if name.startswith("services.")}
        is_about_use_cases = any(name.endswith(".use_cases") for name in named)
        assert not rooms or rooms == (with_use_cases if is_about_use_cases else services), contract["name"]
