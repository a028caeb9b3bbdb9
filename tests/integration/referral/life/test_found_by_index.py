"""What every call begins with finds its rows by an index, past row-level security, however many there are."""

import re

import pytest

from services.referral.adapters import (
    postgres_pressing,
    postgres_reads,
    postgres_referral_pages,
    postgres_referrals,
)
from services.referral.adapters.postgres_referral_pages import ReferralsOrder, ReferralsView
from tests.support.referral_life import Life, member

pytestmark = pytest.mark.asyncio

PRESSING = "uuid, bool, text[], interval, text, int, int, bigint"
PAGE = "uuid, text, int, timestamptz, uuid, bigint"


def page(view: ReferralsView, order: ReferralsOrder) -> str:
    return postgres_referral_pages._statement(view, order, None)


@pytest.mark.parametrize(
    ("statement", "types"),
    [
        (postgres_referrals._LOCK_BY_OFFER, "uuid"),
        (postgres_referrals._LOCK_WITH_OFFER, "uuid"),
        (postgres_reads._WHOLE, "uuid[], uuid"),
        (page(ReferralsView.SENT, ReferralsOrder.NEWEST), PAGE),
        (page(ReferralsView.OFFERED, ReferralsOrder.DUE), PAGE),
        (page(ReferralsView.HELD, ReferralsOrder.NEWEST), PAGE),
        (page(ReferralsView.HELD, ReferralsOrder.DUE), PAGE),
        (postgres_pressing._OF_ALL, PRESSING),
        (postgres_pressing._OF_NAMED, PRESSING.replace("bigint", "uuid[]")),
        (postgres_referral_pages._COUNTS[ReferralsView.OFFERED], "uuid"),
        (postgres_referral_pages._COUNTS[ReferralsView.HELD], "uuid"),
    ],
    ids=[
        *("lock_by_offer", "lock_with_offer", "whole"),
        *(
            "sent",
            "offered_by_due",
            "held",
            "held_by_due",
            "pressing",
            "pressing_named",
            "count_offered",
            "count_held",
        ),
    ],
)
async def test_no_call_reads_a_whole_table(life: Life, statement: str, types: str) -> None:
    """No scan of a whole table is chosen here where an index can serve; each index is asked for a key."""
    # as if no table had been analyzed: else an empty one is read whole, by whichever index
    life.superuser.execute(
        "update pg_class set reltuples = -1 where relnamespace = 'referral'::regnamespace and relkind = 'r'"
    )
    nothing = ", ".join("null" for _ in types.split(","))
    async with life.directory.app.transaction(member(1)) as tx:
        await tx.connection.execute(
            "set local enable_seqscan = off; set local enable_bitmapscan = off;"
            " set local plan_cache_mode = force_generic_plan;"
            f" prepare asked ({types}) as {statement}"
        )
        rows = await tx.connection.fetch(f"explain execute asked ({nothing})")
        await tx.connection.execute("deallocate asked")
    plan = [row[0] for row in rows]
    scans = [
        number
        for number, line in enumerate(plan)
        if " Scan " in line and not re.search("(CTE|Subquery|Function) Scan", line)
    ]
    assert scans
    assert [plan[one] for one in scans if "Index Cond" not in plan[one + 1]] == []
