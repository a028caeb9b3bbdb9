"""What presses among an agency's referrals, found and counted by one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import AgencyId, ReferralId
from kernel.restricted import RESTRICTED_TYPES
from services.referral.domain.pressing import LATELY, Pressing

LONGEST: Final = 100
"""How many of one group are listed at most."""
LATEST_SENT: Final = 100
"""Where none are named: so many of what was sent last are looked at for changes."""

_ALL_SENT: Final = """
    (select referral_id from referral where sender_agency_id = $1
        order by recorded_time desc, referral_id limit $8)
    union select referral_id from referral where sender_agency_id = $1 and state = 'AWAITING_PERSON'
    union select referral_id from referral where sender_agency_id = $1
        and answered_time is null and closed_time is null and person_due_time <= now()
    union select referral_id from referral where sender_agency_id = $1
        and answered_time is null and closed_time is null and urgency = 'EMERGENCY'
    union select referral_id from offer where sender_agency_id = $1 and state = 'NEEDS_INFORMATION'
"""
_NAMED: Final = "select unnest($8::uuid[])"
_PRESSING: Final = """
    with candidate (referral_id) as materialized ({candidates}), seen as (
        select r.referral_id, r.state, r.urgency, r.person_due_time,
            r.answered_time is null and r.closed_time is null as is_unanswered,
            coalesce(o.is_unopened, false) as is_unopened, coalesce(o.asks, false) as asks,
            greatest(r.recorded_time, r.started_time, r.closed_time, o.last_time) as changed_time
        from candidate join referral r using (referral_id)
        left join lateral (
            select max(greatest(offered_time, acknowledged_time, ended_time)) as last_time,
                bool_or(state in ('SENT', 'NEEDS_INFORMATION') and acknowledged_time is null) as is_unopened,
                bool_or(state = 'NEEDS_INFORMATION') as asks
            from offer where offer.referral_id = r.referral_id
        ) o on true
        where r.sender_agency_id = $1
            and ($2 or coalesce(r.service_type <> all($3::text[]), false))
    ), told as (
        select *, case
            when urgency = 'EMERGENCY' and is_unopened then 'CALL'
            when asks then 'QUESTION'
            when is_unanswered and person_due_time <= now() then 'OVERDUE'
            when state = 'AWAITING_PERSON' then 'CHOICE'
            when changed_time > now() - $4::interval then 'MOVED'
        end as pressing
        from seen
    ), placed as (
        select pressing, referral_id, count(*) over (partition by pressing) as together, row_number() over (
            partition by pressing
            order by case when pressing <> 'MOVED' then person_due_time end, changed_time desc, referral_id
        ) as place
        from told where pressing is not null
    )
    select pressing, referral_id, together from placed
    where place <= case when pressing = $5 then $6::integer else $7::integer end
    order by place
"""
_OF_ALL: Final = _PRESSING.format(candidates=_ALL_SENT)
_OF_NAMED: Final = _PRESSING.format(candidates=_NAMED)


@dataclass(frozen=True, slots=True)
class PressingGroup:
    """How many press for one reason, and the first of them."""

    count: int
    referral_ids: list[ReferralId]


class PostgresPressing:
    """Reads for the sender; row-level security is the second wall."""

    async def groups(
        self,
        tx: Transaction,
        agency_id: AgencyId,
        *,
        size: int,
        longer: Pressing | None,
        only: Sequence[ReferralId] | None,
        sees_restricted: bool,
    ) -> dict[Pressing, PressingGroup]:
        """The first of each group: what was due first, of what has moved the latest; no empty group.

        Args:
            size: how many of each group.
            longer: of this one as many as of any (`LONGEST`).
            only: none but these; None for all that the agency sent.
        """
        rows = await tx.connection.fetch(
            _OF_ALL if only is None else _OF_NAMED,
            agency_id,
            sees_restricted,
            list(RESTRICTED_TYPES),
            LATELY,
            longer.value if longer else None,
            LONGEST,
            size,
            LATEST_SENT if only is None else list(only),
        )
        found: dict[Pressing, PressingGroup] = {}
        for row in rows:
            group = found.setdefault(Pressing(row["pressing"]), PressingGroup(row["together"], []))
            group.referral_ids.append(ReferralId(row["referral_id"]))
        return found
