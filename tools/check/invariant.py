"""What is tested: a rule in plain words, how many things it was tested on, and which of them break it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant after the test.

    Args:
        id: the number in the list of what must always hold, and a short name.
        examples: a few of the broken ones: random ids, positions, times; nothing about a person.
    """

    id: str
    rule: str
    checked: int
    violations: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule that one statement tests.

    Args:
        schemas: those that must exist; where one is missing, the rule is left out.
        checked: a statement that counts what the rule is about.
        broken: a statement that answers one row with one text per violation.
    """

    id: str
    rule: str
    schemas: tuple[str, ...]
    checked: str
    broken: str


Group = Callable[["Snapshot"], Awaitable[list[Finding]]]


class Snapshot:
    """All schemas at one instant: everything is read in one transaction, so no commit comes in between."""

    def __init__(self, connection: asyncpg.Connection, schemas: frozenset[str]) -> None:
        self.connection = connection
        self.schemas = schemas

    def has(self, *schemas: str) -> bool:
        """Whether all of these stand migrated."""
        return self.schemas.issuperset(schemas)

    def all_of(self, select: str) -> str:
        """One statement over all schemas; `{schema}` in `select` is each one's name."""
        return " union all ".join(select.format(schema=schema) for schema in sorted(self.schemas))

    async def fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Rows of a statement of this checker."""
        rows: list[asyncpg.Record] = await self.connection.fetch(query, *values)
        return rows

    async def test(self, invariants: Sequence[Invariant]) -> list[Finding]:
        """The findings of those whose schemas exist."""
        return [await self._finding(one) for one in invariants if self.has(*one.schemas)]

    async def _finding(self, one: Invariant) -> Finding:
        row = await self.connection.fetchrow(
            f"""
            with broken (example) as materialized ({one.broken})
            select ({one.checked}) as checked, (select count(*) from broken) as violations,
                   array(select example::text from broken order by 1 limit {EXAMPLES}) as examples
            """
        )
        return Finding(one.id, one.rule, int(row["checked"]), int(row["violations"]), tuple(row["examples"]))
