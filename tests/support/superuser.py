"""Statements of a superuser from within a test's own process: no psql is started for each."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

import asyncpg

_T = TypeVar("_T")


class Superuser:
    """A connection that is used from synchronous code; it lives in a thread with a loop of its own."""

    def __init__(self, url: str, schema: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        settings = {"search_path": schema, "timezone": "UTC"}
        self._connection = self._run(asyncpg.connect(url, server_settings=settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def rows(self, query: str) -> list[list[str]]:
        """Every value as text, an absent one as the empty text."""
        found = self._run(self._connection.fetch(query))
        return [["" if value is None else str(value) for value in row.values()] for row in found]

    def execute(self, statements: str) -> None:
        self._run(self._connection.execute(statements))

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)
