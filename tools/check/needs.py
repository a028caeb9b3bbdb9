"""Needs and referrals: each need that was told has its referral, and each referral its need."""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_BOTH: Final = ("intake", "referral")

INVARIANTS: Final = (
    Invariant(
        "I1-each-need-is-told",
        "Each recorded need stands in intake's event log, or waits in its outbox",
        ("intake",),
        "select count(*) from intake.need",
        """
        select need_id from intake.need n
        where not exists (select from intake.event_log e
                          where e.aggregate_id = n.need_id and e.type = 'NeedRecorded')
          and not exists (select from intake.outbox o
                          where o.aggregate_id = n.need_id and o.type = 'NeedRecorded')
        """,
    ),
    Invariant(
        "I1-each-need-has-its-referral",
        "Each need that referral has taken in has its referral, with the id that the sender was given",
        _BOTH,
        """
        select count(*) from intake.event_log e join referral.inbox i using (event_id)
        where e.type = 'NeedRecorded'
        """,
        """
        select n.need_id from intake.event_log e
        join referral.inbox i using (event_id)
        join intake.need n on n.need_id = e.aggregate_id
        where e.type = 'NeedRecorded'
          and not exists (select from referral.referral r
                          where r.referral_id = n.referral_id and r.need_id = n.need_id)
        """,
    ),
    Invariant(
        "I1-each-referral-has-its-need",
        "Each referral stands for one recorded need of the same person and sender",
        _BOTH,
        "select count(*) from referral.referral",
        """
        select r.referral_id from referral.referral r
        left join intake.need n on n.need_id = r.need_id and n.referral_id = r.referral_id
             and n.sender_agency_id = r.sender_agency_id and n.beneficiary_id = r.beneficiary_id
        where n.need_id is null
        """,
    ),
    Invariant(
        "I1-a-withdrawn-need-ends",
        "A withdrawn need that referral knows of has ended there",
        _BOTH,
        "select count(*) from intake.need where withdrawn_time is not null",
        """
        select r.referral_id from intake.event_log e
        join referral.inbox i using (event_id)
        join intake.need n on n.need_id = e.aggregate_id
        join referral.referral r on r.need_id = n.need_id
        where e.type = 'NeedWithdrawn' and r.closed_time is null
        """,
    ),
)


async def needs(snapshot: Snapshot) -> list[Finding]:
    """Between intake and referral."""
    return await snapshot.test(INVARIANTS)
