"""Waiting lists: nobody is lost from them, and they are ordered by what is published and nothing else."""

from typing import Final

from kem.intake.v1.eligibility_service_pb2 import NeedProfile
from kernel.codes import LAST_PRIORITY_GROUP
from tools.check.invariant import Finding, Invariant, Snapshot
from tools.check.paths import Broken

INVARIANTS: Final = (
    Invariant(
        "I4-whoever-waits-stands-on-a-list",
        "Each waiting referral stands on a list, by its own urgency and since its need was recorded",
        ("referral",),
        "select count(*) from referral.referral where state = 'WAITLISTED'",
        """
        select distinct r.referral_id from referral.referral r
        left join referral.waitlist_entry e using (referral_id)
        where r.state = 'WAITLISTED'
          and (e.urgency, e.since_time) is distinct from (r.urgency, r.recorded_time)
        """,
    ),
)
_GROUPS: Final = """
    select e.referral_id, e.priority_group, p.profile from referral.waitlist_entry e
    join referral.need_profile p using (referral_id)
    join referral.referral r using (referral_id)
    where r.state = 'WAITLISTED'
"""


async def waiting(snapshot: Snapshot) -> list[Finding]:
    """Inside referral's tables."""
    return [*await snapshot.test(INVARIANTS), *await _groups(snapshot)]


async def _groups(snapshot: Snapshot) -> list[Finding]:
    """What intake last said is in the cached profile; 0 there is an intake that tells no group."""
    if not snapshot.has("referral"):
        return []
    broken = Broken(
        "I4-lists-keep-the-published-groups",
        "Whoever waits does so in the published priority group that intake last said, and no other",
    )
    for row in await snapshot.fetch(_GROUPS):
        told = NeedProfile.FromString(row["profile"]).priority_group or LAST_PRIORITY_GROUP
        group = row["priority_group"]
        is_published = 1 <= group <= LAST_PRIORITY_GROUP
        broken.test(is_published and group == told, f"{row['referral_id']}: group {group}, told {told}")
    return [broken.finding()]
