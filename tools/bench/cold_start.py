"""Seconds until `./kem up` serves on an installed machine, and what an idle hub costs.

A process of its own runs what `./kem up` runs, in an empty data folder. `first_start_s`: from the begin of
that process to all services serving, with new databases and the sample city loaded; `next_start_s`: the same
once more on the data that is there. `idle_cpu_percent`: of one core, all processes of the hub together over
ten seconds in which nobody calls, the supervisor among them; then by part.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.bench.processes import cpu_seconds, family
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians
from tools.stack.failure import StackFailure
from tools.stack.layout import ROOT, Layout
from tools.stack.run_file import Run as StackRun
from tools.stack.run_file import read_run

_PATIENCE_SECONDS = 120.0
_SETTLING_SECONDS = 3.0


async def measure(run: Run) -> Figures:
    """Three times in new folders; the medians."""
    idle_seconds = run.scaled(10.0, 5.0)
    rounds = run.scaled(run.rounds, 1)
    run.settings["cold-start"] = {"rounds": rounds, "idle_seconds": idle_seconds}
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="kem-bench-") as folder:
            first, _ = await _start(Path(folder), 0)
            again, idle = await _start(Path(folder), idle_seconds)
        percent = sum(idle.values())
        run.say(f"Ready in {first:.1f} s, in {again:.1f} s on data that is there; idle {percent:.0f} %.")
        found.append(
            {
                "first_start_s": round(first, 2),
                "next_start_s": round(again, 2),
                "idle_cpu_percent": round(percent, 1),
                "idle_by_part": {part: round(share, 1) for part, share in idle.items()},
            }
        )
    return medians(found)


async def _start(folder: Path, idle_seconds: float) -> tuple[float, dict[str, float]]:
    """One life of `kem up`: seconds to ready, and idle CPU in percent of a core by part."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tools", "up"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ, KEM_DATA=str(folder)),
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        running = await _until_ready(Layout(folder), process)
        ready = time.monotonic() - began
        idle: dict[str, float] = {}
        if idle_seconds:
            await asyncio.sleep(_SETTLING_SECONDS)
            idle = await _idle(running, idle_seconds)
        return ready, idle
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, _PATIENCE_SECONDS)


async def _until_ready(layout: Layout, process: "subprocess.Popen[bytes]") -> StackRun:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        running = read_run(layout)
        if running is not None and running.is_ready:
            return running
        await asyncio.sleep(0.02)
    raise StackFailure(f"./kem up was not ready within {_PATIENCE_SECONDS:.0f} s.")


async def _idle(running: StackRun, seconds: float) -> dict[str, float]:
    members = [
        member
        for process in [running.supervisor, *running.processes]
        for member in family(process.name, process.pid, with_children=process is not running.supervisor)
    ]
    before = {member.pid: cpu_seconds(member.pid) for member in members}
    began = time.monotonic()
    await asyncio.sleep(seconds)
    wall = time.monotonic() - began
    used: dict[str, float] = {}
    for member in members:
        part = member.part.partition(" for ")[0]
        used[part] = used.get(part, 0.0) + 100 * (cpu_seconds(member.pid) - before[member.pid]) / wall
    return used
