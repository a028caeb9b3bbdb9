"""Rows of some finished cases, read as a template from which any number of like cases can be written.

Ids that are a case's own (person, consent, need, referral, offer, event …) get another value in each copy:
the old one with some random bits turned over, so that what belongs together still does, in columns and in
the bytes of events alike. Ids of the city (agencies, services, staff) stay.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg

_TEXT_ID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_RANDOM_BITS: Final = ~(0xF << 76 | 0x3 << 62) & (1 << 128) - 1
"""All of a version 4 id but its version and variant."""
_RANDOM_BITS_OF_ORDERED: Final = _RANDOM_BITS & (1 << 80) - 1
"""The same of a version 7 id, whose first 48 bits are its time."""

_PEOPLE: Final = "beneficiary_id = any($1::uuid[])"
_REFERRALS: Final = f"referral_id in (select referral_id from referral.referral where {_PEOPLE})"
_CONSENTS: Final = f"consent_id in (select consent_id from intake.consent where {_PEOPLE})"


@dataclass(frozen=True, slots=True)
class Table:
    """A table that grows with cases: which rows are the template's, and which ids of theirs are their own."""

    schema: str
    name: str
    where: str
    own: tuple[str, ...] = ()


TABLES: Final = (
    Table("intake", "beneficiary", _PEOPLE, ("beneficiary_id",)),
    Table("intake", "data_key", _PEOPLE, ("key_id",)),
    Table("intake", "sealed_record", _PEOPLE),
    Table("intake", "blind_index", _PEOPLE),
    Table("intake", "consent", _PEOPLE, ("consent_id", "receipt_id")),
    Table("intake", "consent_grant", _CONSENTS),
    Table("intake", "consent_event", _PEOPLE, ("consent_event_id",)),
    Table("intake", "grant_cell", _PEOPLE, ("cell_id",)),
    Table("intake", "consent_moment", _PEOPLE),
    Table("intake", "need", _PEOPLE, ("need_id", "referral_id")),
    Table("intake", "held_referral", _PEOPLE),
    Table("intake", "disclosure", _PEOPLE, ("disclosure_id", "request_id")),
    Table("referral", "referral", _PEOPLE),
    Table("referral", "offer", _REFERRALS, ("offer_id",)),
    Table("referral", "offer_note", _REFERRALS),
    Table("referral", "proposal", _REFERRALS),
    Table("referral", "gap", _REFERRALS, ("gap_id",)),
    Table("referral", "deadline", _REFERRALS),
    Table("referral", "service_start", "true or $1::uuid[] is null"),
    Table("notifications", "delivery", _REFERRALS, ("delivery_id",)),
    Table("intake", "request", "request_time > $2", ("request_id",)),
    Table("referral", "request", "request_time > $2", ("request_id",)),
)
SCHEMAS: Final = ("intake", "referral", "notifications")


@dataclass(frozen=True, slots=True)
class Masks:
    """Which bits are turned over in one copy."""

    of_random: int
    of_ordered: int

    @staticmethod
    def of(bits: int) -> "Masks":
        return Masks(bits & _RANDOM_BITS, bits & _RANDOM_BITS_OF_ORDERED)

    def turned(self, number: int, is_ordered: bool) -> UUID:
        """The id that takes the old one's place in this copy."""
        return UUID(int=number ^ (self.of_ordered if is_ordered else self.of_random))


Change = Callable[[Masks], Any]


@dataclass(slots=True)
class Rows:
    """Template rows of one table, each with what changes from copy to copy."""

    table: Table
    columns: tuple[str, ...]
    rows: list[list[Any]]
    changes: list[list[tuple[int, Change]]] = field(default_factory=list)

    def copied(self, masks: Masks) -> Iterable[list[Any]]:
        """The rows of one copy."""
        for row, changes in zip(self.rows, self.changes, strict=True):
            copy = row.copy()
            for place, change in changes:
                copy[place] = change(masks)
            yield copy


class Template:
    """Every row that some people's finished cases have left; take it while the hub is at rest."""

    def __init__(self, tables: list[Rows], referrals: int) -> None:
        self.tables = tables
        self.referrals = referrals

    @classmethod
    async def read(cls, connection: asyncpg.Connection, people: Sequence[UUID], since: Any) -> "Template":
        """Rows of these people, whose cases all began after `since`."""
        tables = [await _rows(connection, table, people, since) for table in TABLES]
        own = {
            row[rows.columns.index(column)]
            for rows in tables
            for column in rows.table.own
            for row in rows.rows
        }
        for schema in SCHEMAS:
            events = await _events(connection, schema, own)
            place = events.columns.index("event_id"), events.columns.index("aggregate_id")
            own |= {row[column] for column in place for row in events.rows}
            tables.append(events)
        for schema in SCHEMAS:
            inbox = Table(schema, "inbox", "event_id = any($1::uuid[])")
            tables.append(await _rows(connection, inbox, list(own), since))
        for rows in tables:
            rows.changes = [changes_of(row, own) for row in rows.rows]
        needs = next(rows for rows in tables if rows.table.name == "need")
        return cls([rows for rows in tables if rows.rows], len(needs.rows))


async def _rows(connection: asyncpg.Connection, table: Table, people: Sequence[UUID], since: Any) -> Rows:
    columns = [
        row["column_name"]
        for row in await connection.fetch(
            """select column_name from information_schema.columns
                where table_schema = $1 and table_name = $2
                  and is_generated = 'NEVER' and is_identity = 'NO' order by ordinal_position""",
            table.schema,
            table.name,
        )
    ]
    arguments = [since] if "$2" in table.where and "$1" not in table.where else [people]
    where = table.where.replace("$2", "$1")
    found = await connection.fetch(
        f"select {', '.join(columns)} from {table.schema}.{table.name} where {where}", *arguments
    )
    return Rows(table, tuple(columns), [list(row.values()) for row in found])


async def _events(connection: asyncpg.Connection, schema: str, own: set[UUID]) -> Rows:
    """Events about what is a case's own. Those of an inbox as a whole (acknowledgements) are not."""
    table = Table(schema, "event_log", "topic <> 'kem.notifications.v1' and $1::uuid[] is not null")
    rows = await _rows(connection, table, [], None)
    key, payload = rows.columns.index("aggregate_id"), rows.columns.index("payload")
    rows.rows = [
        row
        for row in rows.rows
        if row[key] in own or any(UUID(found.decode()) in own for found in _TEXT_ID.findall(row[payload]))
    ]
    rows.rows.sort(key=lambda row: int(row[rows.columns.index("position")]))
    return rows


def changes_of(row: list[Any], own: set[UUID]) -> list[tuple[int, Change]]:
    """Which places of a row change from copy to copy, and how."""
    found = ((place, _change(value, own)) for place, value in enumerate(row))
    return [(place, change) for place, change in found if change is not None]


def _change(value: Any, own: set[UUID]) -> Change | None:
    if isinstance(value, UUID) and value in own:
        number, is_ordered = value.int, value.version == 7
        return lambda masks: masks.turned(number, is_ordered)
    if isinstance(value, list):
        parts = [_change(part, own) for part in value]
        if any(parts):
            return lambda masks: [
                part(masks) if part else same for part, same in zip(parts, value, strict=True)
            ]
    if isinstance(value, bytes):
        return _change_of_bytes(value, own)
    return None


def _change_of_bytes(value: bytes, own: set[UUID]) -> Change | None:
    """An id in a message is 36 characters of text; another of the same length leaves the rest as it is."""
    spans = [(one.start(), UUID(one.group().decode())) for one in _TEXT_ID.finditer(value)]
    mine = [(start, found.int, found.version == 7) for start, found in spans if found in own]
    if not mine:
        return None

    def change(masks: Masks) -> bytes:
        copy = bytearray(value)
        for start, number, is_ordered in mine:
            copy[start : start + 36] = str(masks.turned(number, is_ordered)).encode()
        return bytes(copy)

    return change
