"""The impact assessment names for each risk what stands against it, and for each claim tests that exist."""

import re
from pathlib import Path

from tools.commands import COMMANDS
from tools.processing.pack import ASSESSMENT, DOCS, claims_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = (DOCS / ASSESSMENT).read_text(encoding="utf-8")
CLAIMS = {name: tests for name, _, tests in claims_of(PAGE)}
RISKS = dict(
    re.findall(r"^\| (R\d+) [^|]+ \| [^|]+ \| [^|]+ \| ((?:C\d+ ?)+) \| [^|]+ \|$", PAGE, re.MULTILINE)
)


def test_risks_and_claims_are_numbered_without_a_gap() -> None:
    assert list(CLAIMS) == [f"C{number}" for number in range(1, len(CLAIMS) + 1)]
    assert list(RISKS) == [f"R{number}" for number in range(1, len(RISKS) + 1)]
    assert len(RISKS) > 10


def test_every_claim_stands_against_a_risk_and_every_measure_is_a_claim() -> None:
    assert {claim for measures in RISKS.values() for claim in measures.split()} == CLAIMS.keys()


def test_every_file_that_it_names_holds_tests() -> None:
    files = {test for tests in CLAIMS.values() for test in tests}
    found = (
        sorted(path.glob("test_*.py")) if path.is_dir() else [path]
        for path in (ROOT / file for file in files)
    )
    assert all("def test_" in file.read_text() for paths in found for file in paths)


def test_every_command_that_it_names_is_there() -> None:
    assert set(re.findall(r"\./kem ([a-z-]+)", PAGE)) <= COMMANDS.keys()
