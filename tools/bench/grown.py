"""A hub's store grown to what years leave in it: cases that the hub itself has finished, and copies of them.

All rows that those cases left, in every schema (people, consents, needs, referrals, offers, disclosures,
deliveries, event logs, inboxes, requests), are written again and again by COPY with other ids, people and
cases in the same proportion. Of a copied person the sealed data cannot be opened, and nobody asks for it.
Nothing is let go because of its age: all of it counts as of today. The ledger has no entries of the copies,
and takes what comes after them.
"""

import asyncio
import dataclasses
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from tools.bench.clones import PROGRESS, Clones
from tools.bench.ground import Ground
from tools.bench.load import StepSeconds
from tools.bench.run import Milestones, Run
from tools.bench.template import SCHEMAS, Template
from tools.demo.rest import RESTING, until_at_rest
from tools.stack.failure import StackFailure
from tools.stack.room import check_room

_TEMPLATE_PEOPLE: Final = 50
_CASES_EACH: Final = 3
_AT_ONCE: Final = 8
_BYTES_A_REFERRAL: Final = 28_000
"""With all that it left in every schema, and room for PostgreSQL's own log."""
_REST_PATIENCE_SECONDS: Final = 120.0
_ENTERED: Final = """
    insert into audit.source_mark (source, position)
        select '{schema}', logged_position from {schema}.publication
        on conflict (source) do update set position = excluded.position
"""


def check_room_for(referrals: int) -> None:
    """Refuses to begin where the disk would not hold so many.

    Raises:
        StackFailure: it would not.
    """
    check_room(Path(tempfile.gettempdir()), referrals * _BYTES_A_REFERRAL)


@dataclasses.dataclass(slots=True)
class Grown:
    """The place, and what it is filled from."""

    run: Run
    place: Ground
    connection: asyncpg.Connection
    clones: Clones

    @staticmethod
    async def begin(run: Run, place: Ground, connection: asyncpg.Connection) -> "Grown":
        """Takes some people's cases from need to completion, by the hub's own doors."""
        since = await connection.fetchval("select clock_timestamp()")
        few = dataclasses.replace(place, people=place.people[:_TEMPLATE_PEOPLE], _needs=None)
        cases = iter(range(_TEMPLATE_PEOPLE * _CASES_EACH))
        steps: StepSeconds = defaultdict(list)

        async def see_through() -> None:
            for _ in cases:
                referral_id = await few.record_need()
                await few.take_up(referral_id, await few.arrivals.of(referral_id), steps)

        async with asyncio.TaskGroup() as desks:
            for _ in range(_AT_ONCE):
                desks.create_task(see_through())
        await _until_at_rest(place, connection)
        template = await Template.read(connection, [UUID(person) for person in few.people], since)
        rows = sum(len(rows.rows) for rows in template.tables)
        run.say(f"{template.referrals} finished cases have left {rows:,} rows, which are the template.")
        return Grown(run, place, connection, Clones(connection, template))

    async def to(self, referrals: int) -> None:
        """Fills the store up to so many finished referrals, while the services rest."""
        await self.until_at_rest()
        parts = self.place.stack.service_parts()
        for part in parts:
            await part.rest()
        connection = self.connection
        # after each checkpoint PostgreSQL logs every page that it touches whole: many times what is written
        await connection.execute("alter system set max_wal_size = '20GB'")
        await connection.execute("alter system set checkpoint_timeout = '1h'")
        await connection.execute("select pg_reload_conf()")
        await self.clones.write(referrals - self.clones.referrals, Milestones(self.run, referrals))
        await connection.execute("alter system reset all")
        await connection.execute("select pg_reload_conf()")
        if "audit" in self.place.stack.services:
            for schema in SCHEMAS:
                await connection.execute(_ENTERED.format(schema=schema))
                await connection.execute(PROGRESS.format(reader="audit", source=schema))
        # what years of autovacuum have done by then
        await connection.execute("vacuum (analyze)")
        await connection.execute("checkpoint")
        for partner in self.place.partners:
            partner.resume_after(self.clones.last_sequence(partner.recipient_id))
        for part in parts:
            part.want()
        await asyncio.gather(*(part.ready() for part in parts))

    async def until_at_rest(self) -> None:
        """Waits until nothing is under way any more.

        Raises:
            StackFailure: it does not come to rest.
        """
        await _until_at_rest(self.place, self.connection)


async def _until_at_rest(place: Ground, connection: asyncpg.Connection) -> None:
    await place.until_acknowledged()
    rest = await until_at_rest(
        connection, list, lambda sequences: True, RESTING, _REST_PATIENCE_SECONDS, lambda rest: None
    )
    if not rest.is_complete:
        raise StackFailure("The hub did not come to rest.")
