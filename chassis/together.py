"""Several writes of one transaction as one statement: one way to the database and back instead of many."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Protocol

_ARGUMENT = re.compile(r"\$(\d+)")
_UPDATED = re.compile(r"(?<!for )(?<!key )(?<!do )\bupdate (\w+)")


class Executor(Protocol):
    """Takes statements that answer nothing."""

    async def execute(self, statement: str, *arguments: object) -> object: ...


class Writing(Protocol):
    """What a step needs that writes and reads nothing: a transaction, or a part of one that is gathered."""

    @property
    def connection(self) -> Executor: ...

    def publish(self, event: object) -> None: ...


class _Gathered:
    """Stands for the connection; keeps what it is given."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.arguments: list[object] = []

    async def execute(self, statement: str, *arguments: object) -> None:
        self.statements.append(statement)
        self.arguments += arguments


class _Step:
    def __init__(self, tx: Writing) -> None:
        self.connection = _Gathered()
        self.publish = tx.publish


@asynccontextmanager
async def together(tx: Writing) -> AsyncIterator[Writing]:
    """Gathers what is written to the step that it hands out, and writes it when the block ends.

    The writes see the rows as they stood before, none sees what another does, and in which order they run is
    PostgreSQL's choice: no two may touch the same row, and at most one may wait for a lock.
    """
    step = _Step(tx)
    yield step
    gathered = step.connection
    if gathered.statements:
        await tx.connection.execute(_joined(*gathered.statements), *gathered.arguments)


@lru_cache(maxsize=256)
def _joined(*statements: str) -> str:
    """One statement whose arguments are those of all, one after the other.

    Raises:
        ValueError: two of them update one table; of two updates of a row PostgreSQL would lose one silently.
    """
    if len(statements) == 1:
        return statements[0]
    updated = Counter(table for one in statements for table in _UPDATED.findall(one))
    for table, times in updated.items():
        if times > 1:
            raise ValueError(f"of what is to be written together, {table} is updated twice")
    parts, before = [], 0
    for number, statement in enumerate(statements, 1):
        parts.append(f"part_{number} as ({_shifted(statement, before)})")
        before += max(map(int, _ARGUMENT.findall(statement)), default=0)
    return f"with {', '.join(parts)} select"


def _shifted(statement: str, by: int) -> str:
    return _ARGUMENT.sub(lambda found: f"${int(found[1]) + by}", statement)
