"""Clocks: each offer is answered in time or expires on time, by the database's clock."""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_REFERRAL: Final = ("referral",)

GRACE_SECONDS: Final = 60
"""A hub that was off cannot let anything expire; it has this long after the fact to do so."""

INVARIANTS: Final = (
    Invariant(
        "I13-no-offer-outlives-its-window",
        f"No offer is still open {GRACE_SECONDS} s after its time has run out",
        _REFERRAL,
        "select count(*) from referral.offer where state in ('SENT', 'NEEDS_INFORMATION')",
        f"""
        select offer_id || ' since ' || respond_by_time from referral.offer
        where state in ('SENT', 'NEEDS_INFORMATION')
          and respond_by_time < clock_timestamp() - interval '{GRACE_SECONDS} seconds'
        """,
    ),
    Invariant(
        "I13-no-offer-expires-early",
        "No offer expired before its time",
        _REFERRAL,
        "select count(*) from referral.offer where state = 'EXPIRED'",
        """
        select offer_id || ' at ' || ended_time || ', due ' || respond_by_time from referral.offer
        where state = 'EXPIRED' and ended_time < respond_by_time
        """,
    ),
    Invariant(
        "I13-no-late-answer-counts",
        "No answer was taken after the offer's time had run out",
        _REFERRAL,
        "select count(*) from referral.offer where answered_time is not null",
        """
        select offer_id || ' ' || state from referral.offer
        where coalesce(answered_time, case when state in ('DECLINED', 'WAITLISTED') then ended_time end)
              >= respond_by_time
        """,
    ),
    Invariant(
        "I13-each-open-offer-has-its-clock",
        # whose time is over while somebody holds the referral is put back by a moment, again and again
        "Each open offer has the deadline that will end it, no later than its time while that has not come",
        _REFERRAL,
        "select count(*) from referral.offer where state in ('SENT', 'NEEDS_INFORMATION')",
        """
        select offer_id from referral.offer o where state in ('SENT', 'NEEDS_INFORMATION')
          and not exists (select from referral.deadline d
                          where d.offer_id = o.offer_id and d.kind = 'OFFER' and d.detail = 'END'
                            and (d.due_time <= o.respond_by_time + interval '1 second'
                                 or o.respond_by_time < clock_timestamp()))
        """,
    ),
)


async def clocks(snapshot: Snapshot) -> list[Finding]:
    """Inside referral's tables."""
    return await snapshot.test(INVARIANTS)
