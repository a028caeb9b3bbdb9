"""What goes on to its end whether or not whoever asked for it is still there."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from kernel.errors import Exhausted

_T = TypeVar("_T")


class TooManyUnderWay(Exhausted):
    """So many acts go on already, whoever still waits for them; it passes, and nothing was done."""

    def __init__(self) -> None:
        super().__init__("Too many people sign in at this moment; try again in a few seconds.")


class ToTheEnd:
    """Acts that a client cannot break off by going away: what was counted is also put on record.

    Args:
        most: so many at once; None where something else bounds them.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._under_way: set[asyncio.Task[Any]] = set()

    async def __call__(self, act: Coroutine[Any, Any, _T]) -> _T:
        """What comes of it, for whoever waits so long.

        Raises:
            TooManyUnderWay: it was not begun.
        """
        if self._most is not None and len(self._under_way) >= self._most:
            act.close()
            raise TooManyUnderWay
        task = asyncio.create_task(act)
        self._under_way.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Returns when all is done."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked may be gone
