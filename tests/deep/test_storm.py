"""The story: a bad hour at the hub, short, as anybody may let it come: `./kem storm`.
The breakage: everything that a storm draws, on a whole hub under load.
What must still hold: nothing lost, nothing doubled, every rule kept; each recovery comes.
"""

import asyncio
import json
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.kem_command import ROOT, command, environment

MINUTES: Final = 2


@pytest.mark.parametrize("seed", [21, 22])
async def test_a_hub_outlives_a_storm(tmp_path: Path, seed: int) -> None:
    arguments = ["storm", "--minutes", str(MINUTES), "--seed", str(seed), "--rate", "3", "--json"]
    process = await asyncio.create_subprocess_exec(
        *command(*arguments),
        cwd=ROOT,
        env=environment(tmp_path / "data"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    stdout, stderr = await asyncio.wait_for(process.communicate(), 900)
    figures = json.loads(stdout)
    wrong = {name: figures[name] for name in ("lost", "doubled", "violations", "recoveries_not_in_time")}
    assert not any(wrong.values()), (wrong, stderr.decode()[-3000:])
    assert process.returncode == 0
    assert figures["faults_in_all"] >= MINUTES * 4
    assert figures["needs_recorded"] == MINUTES * 60 * 3
