"""Waits on conditions instead of sleeping for a guessed time."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any


async def until(condition: Callable[[], Any | Awaitable[Any]], *, within: float = 60) -> Any:
    """Answers the first truthy value of `condition`; fails when none came in time."""
    async with asyncio.timeout(within):
        while True:
            value = condition()
            if inspect.isawaitable(value):
                value = await value
            if value:
                return value
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(*coroutines: Any) -> Any:
    """Runs the coroutines beside the test; cancels them after it, and fails if one of them had failed."""
    tasks = [asyncio.ensure_future(one) for one in coroutines]
    try:
        yield tasks
        for task in tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
