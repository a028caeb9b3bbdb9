"""An event loop whose clock is turned to the next instant at which anything is due: hours pass in no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _TurnedSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        self.now += timeout
        return super().select(0)


class _TurnedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._turned = _TurnedSelector()
        super().__init__(self._turned)

    def time(self) -> float:
        return self._turned.now


def run_turned(story: Coroutine[Any, Any, None]) -> None:
    """Runs what happens with such a loop; `asyncio.get_running_loop().time` is its clock."""
    with asyncio.Runner(loop_factory=_TurnedLoop) as runner:
        runner.run(story)


async def later(seconds: float) -> None:
    """Turns the clock on."""
    await asyncio.sleep(seconds)
