"""The pipeline with 0, 100,000 and 1,000,000 finished referrals stored (with --quick 5,000 and 20,000).

`needs_per_second`, `call_ms` and `offer_ms` as `pipeline` has them, with 32 callers. Some people's cases are
taken from need to completion by the hub itself; then all rows that they left, in every schema (people,
consents, needs, referrals, offers, disclosures, deliveries, event logs, inboxes, requests), are written again
and again by COPY with other ids, people and cases in the same proportion. Of a copied person the sealed data
cannot be opened, and nobody asks for it. Nothing is let go because of its age: all of it counts as of today.
`check_violations`: what `./kem check` finds at the end.
"""

import asyncio
import dataclasses
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from tools.bench.clones import Clones
from tools.bench.ground import Ground, ground
from tools.bench.load import StepSeconds
from tools.bench.pipeline import in_rounds, single
from tools.bench.run import Figures, Milestones, Run
from tools.bench.template import Template
from tools.check.report import check_database
from tools.demo.rest import RESTING, until_at_rest
from tools.stack.failure import StackFailure
from tools.stack.room import check_room

CALLERS: Final = 32
_TEMPLATE_PEOPLE: Final = 50
_CASES_EACH: Final = 3
_AT_ONCE: Final = 8
_BYTES_A_REFERRAL: Final = 28_000
"""With all that it left in every schema, and room for PostgreSQL's own log."""
_REST_PATIENCE_SECONDS: Final = 120.0


async def measure(run: Run) -> Figures:
    """Empty, then grown twice; each time three rounds."""
    levels = run.scaled((100_000, 1_000_000), (5_000, 20_000))
    run.settings["growth"] = {"levels": levels, "callers": CALLERS}
    check_room(Path(tempfile.gettempdir()), levels[-1] * _BYTES_A_REFERRAL)
    figures: Figures = {}
    async with ground(run) as place:
        connection = await asyncpg.connect(place.stack.postgres.url("postgres"))
        try:
            clones = Clones(connection, await _template(run, place, connection))
            figures["stored_0"] = await in_rounds(run, place, single(place), CALLERS, "nothing stored")
            for level in levels:
                await _until_at_rest(place, connection)
                await _grow(run, place, connection, clones, level)
                what = f"{level:,} referrals stored"
                figures[f"stored_{level}"] = await in_rounds(run, place, single(place), CALLERS, what)
            await _until_at_rest(place, connection)
            size = await connection.fetchval("select pg_database_size(current_database())")
        finally:
            await connection.close()
        report = await check_database(place.hub.doors.check_url)
    broken = [finding.id for finding in report.findings if finding.violations]
    if broken:
        run.say(f"./kem check finds broken: {', '.join(broken)}")
    for level in levels:
        figures[f"stored_{level}"]["of_empty"] = round(
            figures[f"stored_{level}"]["needs_per_second"] / figures["stored_0"]["needs_per_second"], 2
        )
    figures["stored_0"]["of_empty"] = 1.0
    return figures | {"database_gb": round(size / 2**30, 2), "check_violations": report.violations}


async def _template(run: Run, place: Ground, connection: asyncpg.Connection) -> Template:
    """Cases that the hub itself has taken to their end."""
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
    return template


async def _grow(run: Run, place: Ground, connection: asyncpg.Connection, clones: Clones, level: int) -> None:
    for part in place.stack.service_parts():
        await part.rest()
    # after each checkpoint PostgreSQL logs every page that it touches whole: many times what is written here
    await connection.execute("alter system set max_wal_size = '20GB'")
    await connection.execute("alter system set checkpoint_timeout = '1h'")
    await connection.execute("select pg_reload_conf()")
    await clones.write(level - clones.referrals, Milestones(run, level))
    await connection.execute("alter system reset all")
    await connection.execute("select pg_reload_conf()")
    # what years of autovacuum have done by then
    await connection.execute("vacuum (analyze)")
    await connection.execute("checkpoint")
    for partner in place.partners:
        partner.resume_after(clones.last_sequence(partner.recipient_id))
    for part in place.stack.service_parts():
        part.want()
    await asyncio.gather(*(part.ready() for part in place.stack.service_parts()))


async def _until_at_rest(place: Ground, connection: asyncpg.Connection) -> None:
    await place.until_acknowledged()
    rest = await until_at_rest(
        connection, list, lambda sequences: True, RESTING, _REST_PATIENCE_SECONDS, lambda rest: None
    )
    if not rest.is_complete:
        raise StackFailure("The hub did not come to rest.")
