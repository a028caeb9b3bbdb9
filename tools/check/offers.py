"""Offers: one open at a time, one taken up at most, each told how it ended, and none without consent."""

from typing import Final

from kernel.codes import SERVICE_TYPES, purpose_of
from tools.check.invariant import Finding, Invariant, Snapshot

_REFERRAL: Final = ("referral",)
_OPEN: Final = "state in ('SENT', 'NEEDS_INFORMATION')"
_TAKEN_UP: Final = "state in ('ACCEPTED', 'ACCEPTED_FOR_ASSESSMENT')"
_REFERRALS: Final = "select count(*) from referral.referral"
_PURPOSES: Final = ", ".join(f"('{code}', '{purpose_of(code).code}')" for code in SERVICE_TYPES)

_OPEN_OFFERS: Final = f"""
        select o.offer_id from referral.offer o
        join intake.need n using (referral_id)
        join (values {_PURPOSES}) as seen_for (service_type, purpose) using (service_type)
        where o.{_OPEN}
"""
_NO_NEWS: Final = """
          and not exists (select from intake.consent_moment m
                          where m.beneficiary_id = n.beneficiary_id and m.due_time <= now())
          and not exists (select from intake.outbox e
                          where e.key = n.beneficiary_id and e.type = 'ProfileChanged')
          and not exists (select from intake.event_log e
                          where e.key = n.beneficiary_id and e.type = 'ProfileChanged'
                            and not exists (select from referral.inbox i where i.event_id = e.event_id))
"""
# intake has told, or is about to tell, that something about the person of need `n` has changed

# on whichever record of the person something is denied or frozen, it holds for all of them
_OTHERS: Final = """
    select seen.other_id from intake.same_person seen
    where seen.beneficiary_id = n.beneficiary_id and seen.unmerged_time is null
"""

INVARIANTS: Final = (
    Invariant(
        "I2-one-open-offer",
        "A referral has one open offer at most",
        _REFERRAL,
        _REFERRALS,
        f"select referral_id from referral.offer where {_OPEN} group by 1 having count(*) > 1",
    ),
    Invariant(
        "I2-offered-means-an-open-offer",
        "A referral is OFFERED exactly while it has an open offer",
        _REFERRAL,
        _REFERRALS,
        f"""
        select r.referral_id from referral.referral r
        where (r.state = 'OFFERED') <> exists (
            select from referral.offer o where o.referral_id = r.referral_id and o.{_OPEN})
        """,
    ),
    Invariant(
        "I3-one-accepted-offer",
        "At most one offer of a referral is taken up",
        _REFERRAL,
        _REFERRALS,
        f"select referral_id from referral.offer where {_TAKEN_UP} group by 1 having count(*) > 1",
    ),
    Invariant(
        "I3-the-holder-accepted",
        "A referral that is held, was completed or broken off is held by the agency that took up its offer",
        _REFERRAL,
        """
        select count(*) from referral.referral where state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED',
               'IN_SERVICE', 'COMPLETED', 'NOT_COMPLETED')
        """,
        """
        select r.referral_id from referral.referral r
        where r.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'IN_SERVICE', 'COMPLETED', 'NOT_COMPLETED')
          and not exists (
            select from referral.offer o
            where o.referral_id = r.referral_id and o.agency_id = r.holder_agency_id
              and o.state = case r.state when 'ACCEPTED_FOR_ASSESSMENT' then r.state else 'ACCEPTED' end)
        """,
    ),
    Invariant(
        "I3-the-others-are-told",
        "Each offer that was declined, wait-listed, expired or revoked has its fact in the log or the outbox",
        _REFERRAL,
        """
        select count(*) from referral.offer where state in ('DECLINED', 'WAITLISTED', 'EXPIRED', 'REVOKED')
        """,
        """
        select o.offer_id || ' ' || o.state from referral.offer o
        join (values ('DECLINED', 'OfferDeclined'), ('WAITLISTED', 'OfferWaitlisted'),
                     ('EXPIRED', 'OfferExpired'), ('REVOKED', 'OfferRevoked')) as told (state, type)
             using (state)
        where not exists (select from referral.event_log e
                          where e.aggregate_id = o.offer_id and e.type = told.type)
          and not exists (select from referral.outbox e
                          where e.aggregate_id = o.offer_id and e.type = told.type)
        """,
    ),
    Invariant(
        "I7-no-offer-outlives-its-consent",
        "An open offer rests on a grant in force and not frozen, or news that it does not is on its way",
        ("intake", "referral"),
        f"select count(*) from referral.offer where {_OPEN}",
        f"""
        {_OPEN_OFFERS}
          and coalesce((
            select bit_or(c.categories) filter (where c.effect = 'PERMIT')
                   & ~coalesce(bit_or(c.categories) filter (where c.effect = 'DENY'), 0)
            from intake.grant_cell c
            where (c.beneficiary_id = n.beneficiary_id
                   or c.effect = 'DENY' and c.beneficiary_id in ({_OTHERS}))
              and c.agency_id = o.agency_id and c.purpose = seen_for.purpose and c.withdrawn_time is null
              and c.valid_from_time <= now() and now() < c.valid_until_time
              and not exists (select from intake.consent_freeze f
                              where f.lifted_time is null and (
                                  f.beneficiary_id = n.beneficiary_id
                                  or f.beneficiary_id in ({_OTHERS})))), 0) = 0
          {_NO_NEWS}
        """,
    ),
    Invariant(
        "I7-no-offer-outlives-its-agreement",
        "An open offer rests on an agreement that covers its purpose, or news of the change is on its way",
        ("intake", "referral"),
        f"select count(*) from referral.offer where {_OPEN}",
        f"""
        {_OPEN_OFFERS}
          and not exists (select from intake.agreement a
                          where a.agency_id = o.agency_id and seen_for.purpose = any(a.purposes))
          and not exists (select from intake.agreement_moment m where m.agency_id = o.agency_id)
          {_NO_NEWS}
        """,
    ),
)


async def offers(snapshot: Snapshot) -> list[Finding]:
    """Inside referral's tables, and against intake's."""
    return await snapshot.test(INVARIANTS)
