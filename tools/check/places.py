"""Places: the counters are the counts, and nothing is promised twice."""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_REFERRAL: Final = ("referral",)
_UNITS: Final = "select count(*) from referral.capacity"

INVARIANTS: Final = (
    Invariant(
        "I4-never-negative",
        "No counter of places is below zero",
        _REFERRAL,
        _UNITS,
        "select unit_id from referral.capacity where reserved < 0 or occupied < 0 or places < 0",
    ),
    Invariant(
        "I4-reserved-is-open-offers",
        "The places reserved of a unit are its open offers: a released offer has given its place back",
        _REFERRAL,
        _UNITS,
        """
        select c.unit_id || ': reserved ' || c.reserved || ', open offers ' || coalesce(o.offers, 0)
        from referral.capacity c
        full join (select unit_id, count(*) as offers from referral.offer
                   where state in ('SENT', 'NEEDS_INFORMATION') group by 1) o using (unit_id)
        where coalesce(c.reserved, 0) <> coalesce(o.offers, 0)
        """,
    ),
    Invariant(
        "I4-occupied-is-held-referrals",
        "The places occupied of a unit are the referrals that are held there now",
        _REFERRAL,
        _UNITS,
        """
        select coalesce(c.unit_id, h.unit_id) || ': occupied ' || coalesce(c.occupied, 0)
               || ', held ' || coalesce(h.held, 0)
        from referral.capacity c
        full join (
            select o.unit_id, count(*) as held from referral.offer o
            join referral.referral r using (referral_id)
            where o.state in ('ACCEPTED', 'ACCEPTED_FOR_ASSESSMENT')
              and r.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'IN_SERVICE')
            group by 1) h using (unit_id)
        where coalesce(c.occupied, 0) <> coalesce(h.held, 0)
        """,
    ),
    Invariant(
        "I4-never-exceeded",
        "No more places are taken than were declared, unless the agency lowered its declaration afterwards",
        _REFERRAL,
        "select count(*) from referral.capacity where kind = 'PLACES'",
        """
        select unit_id || ': ' || reserved + occupied || ' of ' || places from referral.capacity
        where kind = 'PLACES' and version = 1 and observed_places is null and reserved + occupied > places
        """,
    ),
)


async def places(snapshot: Snapshot) -> list[Finding]:
    """Inside referral's tables."""
    return await snapshot.test(INVARIANTS)
