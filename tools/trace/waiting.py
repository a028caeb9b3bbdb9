"""Where a referral stands on a waiting list, and why there."""

from typing import Final
from uuid import UUID

import asyncpg

from kernel.codes import LAST_PRIORITY_GROUP, PRIORITY_GROUPS
from tools.trace.story import athens

_RANK: Final = "case urgency when 'EMERGENCY' then 0 when 'URGENT' then 1 else 2 end"
_PLACE: Final = f"""
    select urgency, priority_group, since_time, waiting, position, more_urgent,
        before_by_group - more_urgent as earlier_group, position - 1 - before_by_group as waiting_longer
    from (
        select *, count(*) over (partition by unit_id) as waiting,
            rank() over (partition by unit_id order by {_RANK}) - 1 as more_urgent,
            rank() over (partition by unit_id order by {_RANK}, priority_group) - 1 as before_by_group,
            row_number() over (
                partition by unit_id order by {_RANK}, priority_group, since_time, referral_id
            ) as position
        from referral.waitlist_entry
        where unit_id in (select unit_id from referral.waitlist_entry where referral_id = $1)
    ) as standing
    where referral_id = $1
    order by position limit 1
"""


async def waiting_place(connection: asyncpg.Connection, referral_id: UUID) -> str:
    """One sentence about the list on which the person is nearest to their turn; empty where none is."""
    row = await connection.fetchrow(_PLACE, referral_id)
    if row is None:
        return ""
    group = PRIORITY_GROUPS.get(str(row["priority_group"]))
    return (
        f"number {row['position']} of {row['waiting']} on the waiting list: {row['more_urgent']} more urgent,"
        f" {row['earlier_group']} of an earlier priority group and {row['waiting_longer']} waiting longer"
        f" come before; {row['urgency'].lower()}, group {row['priority_group']}/{LAST_PRIORITY_GROUP}"
        + (f" ({group.en})" if group else "")
        + f", since {athens(row['since_time'])}"
    )
