"""The watch on processes sees what it is there to see."""

import asyncio
import sys

import pytest

from tests.e2e.watched_processes import ProcessWatch
from tests.integration.chassis.waiting import until

SECRET = "a-planted-secret"


@pytest.mark.parametrize("depth", [1, 2], ids=["a child", "a child's child"])
async def test_a_secret_that_a_process_is_started_with_or_has_in_its_environment_is_seen(depth: int) -> None:
    last = [sys.executable, "-c", "import sys; sys.stdin.read()", f"--password={SECRET}"]
    through = [sys.executable, "-c", f"import subprocess; subprocess.run({last!r})"]
    planted = {"PLANTED": SECRET}
    watch = ProcessWatch()
    with watch:
        started = await asyncio.create_subprocess_exec(
            *(last if depth == 1 else through), stdin=asyncio.subprocess.PIPE, env=planted
        )
        try:
            await until(lambda: _was_seen(f"--password={SECRET}\0", watch.command_lines))
            await until(lambda: _was_seen(f"PLANTED={SECRET}\0", watch.environments))
        finally:
            await started.communicate(b"")  # the end of its input ends it


def _was_seen(shown: str, seen: dict[bytes, str]) -> bool:
    return any(shown.encode() in one for one in list(seen))  # the watch may add to it meanwhile
