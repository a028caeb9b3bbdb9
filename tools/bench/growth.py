"""The pipeline with 0, 100,000 and 1,000,000 finished referrals stored (with --quick 5,000 and 20,000).

`needs_per_second`, `call_ms` and `offer_ms` as `pipeline` has them, with 32 callers; what is stored is said
in `tools/bench/grown.py`. Without the ledger, which the bench `ledger` measures. `check_violations`: what
`./kem check` finds at the end.
"""

from typing import Final

import asyncpg

from tools.bench.ground import ground
from tools.bench.grown import Grown, check_room_for
from tools.bench.ledger import WITHOUT
from tools.bench.pipeline import in_rounds, single
from tools.bench.run import Figures, Run
from tools.check.report import check_database
from tools.stack.options import StackOptions

CALLERS: Final = 32


async def measure(run: Run) -> Figures:
    """Empty, then grown twice; each time three rounds."""
    levels = run.scaled((100_000, 1_000_000), (5_000, 20_000))
    run.settings["growth"] = {"levels": levels, "callers": CALLERS}
    check_room_for(levels[-1])
    figures: Figures = {}
    async with ground(run, options=StackOptions(services=WITHOUT)) as place:
        connection = await asyncpg.connect(place.stack.postgres.url("postgres"))
        try:
            grown = await Grown.begin(run, place, connection)
            figures["stored_0"] = await in_rounds(run, place, single(place), CALLERS, "nothing stored")
            for level in levels:
                await grown.to(level)
                what = f"{level:,} referrals stored"
                figures[f"stored_{level}"] = await in_rounds(run, place, single(place), CALLERS, what)
            await grown.until_at_rest()
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
