"""The names of all people, opened into memory in the background and kept as the database has them."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import structlog

from chassis.caller import Caller
from chassis.postgres import Database
from kernel.errors import Unavailable
from services.intake.adapters.keys import KeyProvider, KeysUnusable
from services.intake.adapters.record_format import categories_of_fields
from services.intake.adapters.sealing import RecordAltered
from services.intake.adapters.vault import Vault
from services.intake.domain.beneficiary import Birth, Name, Names, OptionalText
from services.intake.domain.name_index import KnownPerson, NameIndex, NameQuery, Readings
from services.intake.domain.name_skeleton import skeletons

EVERY_SECONDS: Final = 5.0
"""So often it catches up even when nobody searches; each search catches up for itself."""
_AT_ONCE: Final = 50
"""Opened without a pause: about as long as one call takes."""
_RETRY_SECONDS: Final = 1.0
_REMEMBERED_WORDS: Final = 65_536
_USED: Final = categories_of_fields(("names", "birth", "nationality"))

_SNAPSHOT: Final = "select pg_current_snapshot()::text"
_PAGE: Final = """
    select beneficiary_id from beneficiary where beneficiary_id > $1 and erased_time is null
    order by beneficiary_id limit $2
"""
_CHANGED: Final = """
    select beneficiary_id from beneficiary
    where changed_by >= pg_snapshot_xmin($1::text::pg_snapshot)
    and changed_by < pg_snapshot_xmax(pg_current_snapshot())
    and not pg_visible_in_snapshot(changed_by, $1::text::pg_snapshot)
"""
_RECORDS: Final = """
    select vault_record.* from vault_record
    where beneficiary_id = any($1) and category = any($2)
"""

log = structlog.get_logger(__name__)


class KnownNames:
    """A `NameIndex` over the database. Runs as a task beside the calls; `database` is the worker's login."""

    def __init__(self, database: Database, keys: KeyProvider) -> None:
        self._database = database
        # of its own: filling the index must not push those keys out that calls use
        self._vault = Vault(keys, remembered_keys=4 * _AT_ONCE)
        self._index = NameIndex()
        self._snapshot: str | None = None
        self._catching_up = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._index)

    async def run(self) -> None:
        """Opens everybody's name, then keeps up until it is cancelled; begins again after an error."""
        while True:
            try:
                if self._snapshot is None:
                    await self._load()
                await self._catch_up()
                await asyncio.sleep(EVERY_SECONDS)
            except Exception as error:
                log.warning("names_not_read", error=type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    async def find(self, query: NameQuery, agency_id: UUID) -> list[tuple[UUID, float]]:
        """As `NameIndex.find`, over everything that was committed before the call.

        Raises:
            Unavailable: NAMES_NOT_LOADED: intake has just started.
        """
        self._check_loaded()
        await self._catch_up()
        return self._index.find(query, agency_id)

    async def find_each(
        self, queries: Sequence[NameQuery], agency_id: UUID
    ) -> list[list[tuple[UUID, float]]]:
        """As `find`, for each of the queries; other calls are served in between."""
        self._check_loaded()
        await self._catch_up()
        found = []
        for query in queries:
            found.append(self._index.find(query, agency_id))
            await asyncio.sleep(0)
        return found

    def _check_loaded(self) -> None:
        if self._snapshot is None:
            raise Unavailable(
                "The names are still being opened after a start; search again in a moment, or by case code,"
                " phone or document now.",
                reason="NAMES_NOT_LOADED",
                retry_delay_seconds=2.0,
            )

    async def _load(self) -> None:
        began, last, index = time.monotonic(), UUID(int=0), NameIndex()
        read = lru_cache(_REMEMBERED_WORDS)(skeletons)  # gone with this call, so no name outlasts its person
        async with self._transaction() as tx:
            snapshot: str = await tx.connection.fetchval(_SNAPSHOT)
        while True:
            worked_since = time.monotonic()
            async with self._transaction() as tx:
                people = [row["beneficiary_id"] for row in await tx.connection.fetch(_PAGE, last, _AT_ONCE)]
                records = await tx.connection.fetch(_RECORDS, people, _USED)
            if not people:
                break
            self._put(index, people, records, read)
            last = people[-1]
            await asyncio.sleep(time.monotonic() - worked_since)  # calls get as much of the time
        self._index, self._snapshot = index, snapshot
        log.info("names_loaded", count=len(index), seconds=round(time.monotonic() - began, 2))

    async def _catch_up(self) -> None:
        async with self._catching_up:
            async with self._transaction() as tx:
                # the older one: whatever commits between the two statements is read again the next time
                snapshot = await tx.connection.fetchval(_SNAPSHOT)
                changed = [
                    row["beneficiary_id"] for row in await tx.connection.fetch(_CHANGED, self._snapshot)
                ]
            for first in range(0, len(changed), _AT_ONCE):
                people = changed[first : first + _AT_ONCE]
                async with self._transaction() as tx:
                    records = await tx.connection.fetch(_RECORDS, people, _USED)
                self._put(self._index, people, records)
            self._snapshot = snapshot

    def _put(
        self,
        index: NameIndex,
        people: Iterable[UUID],
        records: Sequence[Any],
        read: Callable[[str], Readings] = skeletons,
    ) -> None:
        agencies = {row["beneficiary_id"]: row["registered_by_agency_id"] for row in records}
        known = self._opened(records)
        for person in people:
            fields = known.get(person)
            if fields is None:
                index.forget(person)
            else:
                index.put(_known(person, agencies[person], fields), read)

    def _opened(self, records: Sequence[Any]) -> dict[Any, dict[str, Any] | None]:
        """As the vault opens them; of people whose records are damaged the log tells, the others are kept."""
        try:
            return dict(self._vault.open_fields(records))
        except (RecordAltered, KeysUnusable) as error:
            people = {row["beneficiary_id"] for row in records}
            if len(people) == 1:
                log.error("name_unreadable", error=type(error).__name__)
                return {}
            own = ([row for row in records if row["beneficiary_id"] == person] for person in people)
            return {person: fields for rows in own for person, fields in self._opened(rows).items()}

    def _transaction(self) -> Any:
        return self._database.transaction(Caller.of_service("intake"))


def _known(person: UUID, agency_id: UUID, fields: dict[str, Any]) -> KnownPerson:
    names: Names = fields["names"]
    birth: Birth = fields["birth"]
    nationality: OptionalText = fields["nationality"]
    written = () if names.withheld else tuple(map(_whole, (names.original, names.latin)))
    return KnownPerson(
        person, agency_id, written, birth.date.year if birth.date else 0, nationality.value or ""
    )


def _whole(name: Name) -> str:
    return f"{name.given} {name.family}"
