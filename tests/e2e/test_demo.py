"""`./kem demo --fresh` as a user runs it: one command, one object on stdout, and nothing lost in it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.kem_command import ROOT, command, environment

NEEDS = 120
TOTALS = (
    "offers_sent",
    "offers_delivered",
    "accepted",
    "accepted_for_assessment",
    "declined",
    "reoffered",
    "expired",
    "waitlisted",
    "disclosures",
)
"""What no day of this size is without; the others are rare answers that a day may lack."""
AT_REST = {
    *("COMPLETED", "NOT_COMPLETED", "WITHDRAWN", "CANCELLED", "ENTERED_IN_ERROR"),
    *("IN_SERVICE", "WAITLISTED", "AWAITING_PERSON", "UNMATCHED"),
}


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command."""
    # people come one after another, as in life: a burst on a busy machine outlasts clocks of seconds
    day = ["--needs", str(NEEDS), "--rate", "6", "--agencies", "12", "--seed", "7"]
    arguments = ["demo", "--fresh", *day, "--json"]
    folder: Path = tmp_path_factory.mktemp("user")
    process = await asyncio.create_subprocess_exec(
        *command(*arguments),
        cwd=ROOT,
        env=environment(folder / "data"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode is not None
    return process.returncode, stdout.decode(), stderr.decode()


@pytest.fixture(scope="module")
def summary(told: tuple[int, str, str]) -> dict[str, Any]:
    """The one object."""
    _, stdout, stderr = told
    found = json.loads(stdout)  # fails when anything stands beside it
    assert isinstance(found, dict), stderr
    return found


async def test_the_demo_ends_well_and_says_so_in_one_object(
    told: tuple[int, str, str], summary: dict[str, Any]
) -> None:
    code, _, stderr = told
    assert (summary["lost"], summary["doubled"], summary["invariant_violations"]) == (0, 0, 0), stderr
    assert code == 0


async def test_every_recorded_need_is_in_one_state_in_which_it_may_rest(summary: dict[str, Any]) -> None:
    assert summary["needs_recorded"] == NEEDS
    assert sum(summary["states"].values()) == NEEDS
    assert set(summary["states"]) <= AT_REST


async def test_a_day_has_something_of_everything(summary: dict[str, Any]) -> None:
    assert [total for total in TOTALS if not summary[total]] == []
    assert summary["offers_delivered"] == summary["offers_sent"]
    assert {"returned", "questions", "disclosures_refused"} <= set(summary)


async def test_the_city_is_as_large_as_the_real_one(summary: dict[str, Any]) -> None:
    assert summary["directory"] == {"agencies": 143, "services": 151, "activities": 362}


async def test_the_times_from_need_to_offer_are_told_in_order(summary: dict[str, Any]) -> None:
    times = summary["need_to_offer_ms"]
    assert 0 < times["p50"] <= times["p95"] <= times["p99"] <= times["max"]
    assert summary["needs_per_second"] > 0
    assert summary["seconds"] > 0
