"""What was given without consent because a life hung on it, and what was told by telephone."""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_INTAKE: Final = ("intake",)
_BOTH: Final = ("intake", "referral")

INVARIANTS: Final = (
    Invariant(
        "I17-vital-interest-is-reviewed",
        "Whatever was given for a vital interest is, or will be, reviewed by somebody who had no part in it",
        _INTAKE,
        "select count(*) from intake.disclosure where 'VITAL_INTEREST' = any(legal_bases)",
        """
        select d.disclosure_id from intake.disclosure d
        where 'VITAL_INTEREST' = any(d.legal_bases) and d.kind = 'VERBAL' and not exists (
            select from intake.emergency_review r
            where r.subject_id = d.disclosure_id and d.principal_id = any(r.involved_principal_ids)
              and (r.finding is null or r.reviewed_by_principal_id <> all(r.involved_principal_ids)))
        """,
    ),
    Invariant(
        "I17-each-review-is-told",
        "Each finding of a review has its fact in intake's log, or in its outbox",
        _INTAKE,
        "select count(*) from intake.emergency_review where finding is not null",
        """
        select r.subject_id from intake.emergency_review r
        where r.finding is not null
          and not exists (select from intake.event_log e
                          where e.aggregate_id = r.subject_id and e.type = 'EmergencyReviewed')
          and not exists (select from intake.outbox o
                          where o.aggregate_id = r.subject_id and o.type = 'EmergencyReviewed')
        """,
    ),
    Invariant(
        "I17-told-by-the-sender",
        "Only the agency that sent a referral hands it over by telephone, and says what was answered",
        _INTAKE,
        "select count(*) from intake.disclosure where kind = 'VERBAL'",
        """
        select d.disclosure_id from intake.disclosure d
        where d.kind = 'VERBAL' and not exists (
            select from intake.handover h join intake.need n on n.referral_id = d.referral_id
            where h.disclosure_id = d.disclosure_id and n.sender_agency_id = d.told_by_agency_id
              and h.happened_time = d.disclosed_time)
        """,
    ),
    Invariant(
        "I17-a-hand-over-ends-the-offer",
        "No offer stays open that an answer on the telephone has ended, once referral has heard of it",
        _BOTH,
        "select count(*) from intake.handover",
        """
        select o.offer_id from intake.handover h
        join intake.disclosure d using (disclosure_id)
        join intake.event_log e on e.aggregate_id = h.disclosure_id and e.type = 'HandoverRecorded'
        join referral.offer o on o.referral_id = d.referral_id
        where o.state in ('SENT', 'NEEDS_INFORMATION') and o.offered_time < h.recorded_time
          and (o.agency_id = d.agency_id or h.answer = 'TAKEN')
          and exists (select from referral.inbox i where i.event_id = e.event_id)
        """,
    ),
)


async def emergencies(snapshot: Snapshot) -> list[Finding]:
    """Inside intake's tables, and against referral's."""
    return await snapshot.test(INVARIANTS)
