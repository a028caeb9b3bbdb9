"""Writes copies of finished cases by COPY, with the counters that go with them, while the services rest."""

import math
import random
from collections import Counter
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import asyncpg

from chassis.topics import key_bytes, partition_of
from tools.bench.template import SCHEMAS, Masks, Rows, Template

_ROWS_AT_ONCE: Final = 20_000
_SEED: Final = 11

PROGRESS: Final = """
    update {reader}.consumer_progress as reached set position = logged.position
      from (select topic, partition, max(position) as position
              from {source}.event_log group by 1, 2) as logged
     where reached.source = '{source}' and logged.topic = reached.topic
       and logged.partition = reached.partition and logged.position > reached.position
"""
_NEW_PROGRESS: Final = """
    insert into {reader}.consumer_progress (consumer, source, topic, partition, position)
    select followed.consumer, followed.source, followed.topic, logged.partition, max(logged.position)
      from (select distinct consumer, source, topic from {reader}.consumer_progress
             where source = '{source}') as followed
      join {source}.event_log as logged using (topic)
     group by 1, 2, 3, 4 on conflict do nothing
"""


class Clones:
    """Writes on where the hub left off: next positions of the logs, next sequences of the inboxes."""

    def __init__(self, connection: asyncpg.Connection, template: Template) -> None:
        self._connection = connection
        self._template = template
        self._random = random.Random(_SEED)  # noqa: S311  bits of sample ids, not a secret
        self._positions: dict[str, int] = {}
        self._sequences: Counter[Any] = Counter()
        self.referrals = 0

    async def write(self, referrals: int, told: Callable[[int], None]) -> None:
        """At least so many more referrals; then brings the counters up to date."""
        await self._read_counters()
        # rows are consistent by their making; the checks of constraints row by row would only take time
        await self._connection.execute("set session_replication_role = replica")
        goal = self.referrals + referrals
        while self.referrals < goal:
            await self._write_some(goal)
            told(self.referrals)
        await self._write_counters()

    async def _read_counters(self) -> None:
        for schema in SCHEMAS:
            self._positions[schema] = await self._connection.fetchval(
                f"select logged_position from {schema}.publication"
            )
        for row in await self._connection.fetch(
            "select recipient_id, last_sequence from notifications.recipient"
        ):
            self._sequences[row["recipient_id"]] = row["last_sequence"]

    async def _write_some(self, goal: int) -> None:
        largest = max(len(rows.rows) for rows in self._template.tables)
        wanted = math.ceil((goal - self.referrals) / self._template.referrals)
        copies = max(1, min(_ROWS_AT_ONCE // largest, wanted))
        masks = [Masks.of(self._random.getrandbits(128)) for _ in range(copies)]
        for rows in self._template.tables:
            records = [record for mask in masks for record in self._numbered(rows, mask)]
            await self._connection.copy_records_to_table(
                rows.table.name, schema_name=rows.table.schema, columns=rows.columns, records=records
            )
        self.referrals += copies * self._template.referrals

    def _numbered(self, rows: Rows, masks: Masks) -> list[list[Any]]:
        records = list(rows.copied(masks))
        if rows.table.name == "event_log":
            position, key, partition = (rows.columns.index(c) for c in ("position", "key", "partition"))
            for record in records:
                self._positions[rows.table.schema] += 1
                record[position] = self._positions[rows.table.schema]
                record[partition] = partition_of(key_bytes(record[key]))
        elif rows.table.name == "delivery":
            recipient, sequence = rows.columns.index("recipient_id"), rows.columns.index("sequence")
            for record in records:
                self._sequences[record[recipient]] += 1
                record[sequence] = self._sequences[record[recipient]]
        return records

    async def _write_counters(self) -> None:
        for schema in SCHEMAS:
            await self._connection.execute(
                f"update {schema}.publication set logged_position = $1, position = $1",
                self._positions[schema],
            )
            for source in SCHEMAS:
                for statement in (PROGRESS, _NEW_PROGRESS):
                    await self._connection.execute(statement.format(reader=schema, source=source))
        await self._connection.executemany(
            """update notifications.recipient set last_sequence = $2, acknowledged_sequence = $2
                where recipient_id = $1""",
            list(self._sequences.items()),
        )
        await self._connection.execute("vacuum analyze", timeout=3600)

    def last_sequence(self, recipient_id: UUID) -> int:
        """Up to where this inbox is filled."""
        return self._sequences[recipient_id]
