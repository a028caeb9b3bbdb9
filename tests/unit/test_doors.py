"""The commands that speak to a running hub find it, or say plainly why not."""

from pathlib import Path

import pytest

from tools.hub import Doors
from tools.stack.failure import NotRunning, StackFailure
from tools.stack.layout import Layout
from tools.stack.run_file import Run, RunningProcess, write_run


def test_a_hub_that_is_still_starting_has_no_doors_yet(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.make()
    with layout.hold():
        write_run(layout, Run(RunningProcess("kem up", 1, 0.0), 7400, {}))
        with pytest.raises(StackFailure, match="still starting"):
            Doors.of(layout)


def test_a_run_that_has_ended_has_none(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.make()
    write_run(layout, Run(RunningProcess("kem up", 1, 0.0), 7400, {}, is_ready=True))
    with pytest.raises(NotRunning):
        Doors.of(layout)
