"""What was given without consent: because a life hung on it, by telephone, or compelled by an authority."""

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
        where 'VITAL_INTEREST' = any(d.legal_bases) and not exists (
            select from intake.emergency_review r
            where r.subject_id = coalesce(d.emergency_access_id, d.disclosure_id)
              and d.principal_id = any(r.involved_principal_ids)
              and (r.finding is null or r.reviewed_by_principal_id <> all(r.involved_principal_ids)))
        """,
    ),
    Invariant(
        "I17-emergency-access-was-authorised",
        "By an emergency access only whoever asked was given what somebody else had authorised, in its time",
        _INTAKE,
        "select count(*) from intake.disclosure where kind = 'EMERGENCY' and outcome = 'GIVEN'",
        """
        select d.disclosure_id from intake.disclosure d
        where d.kind = 'EMERGENCY' and d.outcome = 'GIVEN' and not exists (
            select from intake.emergency_access a
            join intake.emergency_review r on r.subject_id = a.emergency_access_id
            where a.emergency_access_id = d.emergency_access_id and a.state = 'AUTHORISED'
              and a.requested_by_principal_id = d.principal_id
              and a.decided_by_principal_id <> a.requested_by_principal_id
              and r.involved_principal_ids @> array[a.requested_by_principal_id, a.decided_by_principal_id]
              and a.agency_id = d.agency_id and a.referral_id = d.referral_id
              and d.given_mask & ~a.authorised_mask = 0
              and d.legal_bases = array['VITAL_INTEREST']
              and d.disclosed_time >= a.decided_time and d.disclosed_time < a.valid_until_time)
        """,
    ),
    Invariant(
        "I17-who-is-excluded-stays-excluded",
        "By an emergency access nothing was given that the person, or who may decide for them, had excluded",
        _INTAKE,
        "select count(*) from intake.disclosure where kind = 'EMERGENCY' and outcome = 'GIVEN'",
        """
        select d.disclosure_id from intake.disclosure d
        join intake.consent_event said on (said.beneficiary_id = d.beneficiary_id or exists (
                select from intake.same_person s
                where s.beneficiary_id = d.beneficiary_id and s.other_id = said.beneficiary_id
                  and s.merged_time <= d.disclosed_time
                  and d.disclosed_time < coalesce(s.unmerged_time, 'infinity')))
            and said.state in ('GIVEN', 'RENEWED') and said.recorded_time <= d.disclosed_time
        join intake.consent c using (consent_id)
        join intake.consent_grant line on line.consent_id = c.consent_id
        where d.kind = 'EMERGENCY' and d.outcome = 'GIVEN'
          and line.effect = 'DENY' and line.agency_id = d.agency_id and line.categories & d.given_mask <> 0
          and c.valid_from_time <= d.disclosed_time and d.disclosed_time < c.valid_until_time
          and not c.lacks_authority and not exists (
            select from intake.consent_event lifted
            where lifted.state = 'DENIAL_LIFTED' and lifted.consent_id = c.consent_id
              and lifted.recorded_time <= d.disclosed_time)
        """,
    ),
    Invariant(
        "I17-compelled-by-a-decision",
        "An authority was given only what a data protection officer had decided by then, on record as such",
        _INTAKE,
        "select count(*) from intake.disclosure where kind = 'COMPELLED'",
        """
        select d.disclosure_id from intake.disclosure d
        where d.kind = 'COMPELLED' and not exists (
            select from intake.compelled_request c
            where c.compelled_request_id = d.compelled_request_id and c.state = 'ALLOWED'
              and c.beneficiary_id = d.beneficiary_id and d.given_mask & ~c.allowed_mask = 0
              and c.decided_by_principal_id is not null and c.decided_time <= d.disclosed_time
              and d.legal_bases = array['LEGAL_OBLIGATION'])
        """,
    ),
    Invariant(
        "I17-who-may-be-told-is-decided",
        "Whether the person may be told stands with all that an authority was allowed, every decision of it",
        _INTAKE,
        "select count(*) from intake.compelled_request where state = 'ALLOWED'",
        """
        select c.compelled_request_id from intake.compelled_request c
        left join intake.compelled_telling t using (compelled_request_id)
        group by c.compelled_request_id
        having coalesce(max(t.sequence), 0) <> count(t.sequence)
            or (c.state = 'ALLOWED') <> (count(t.sequence) > 0)
            or bool_or(t.decided_time < c.decided_time)
        """,
    ),
    Invariant(
        "I17-authorities-are-on-record",
        "Each notification of an authority, each of its requests and each decision has its fact",
        _INTAKE,
        "select (select count(*) from intake.authority_notification)"
        " + (select count(*) from intake.compelled_request)",
        """
        select told.id from (
            select authority_notification_id as id, 1 as facts from intake.authority_notification
            union all
            select c.compelled_request_id, case when c.decided_time is null then 1 else 2 end
                + greatest(0, (select count(*) - 1 from intake.compelled_telling t
                    where t.compelled_request_id = c.compelled_request_id))
            from intake.compelled_request c) told
        where (select count(*) from intake.event_log e where e.aggregate_id = told.id)
            + (select count(*) from intake.outbox o where o.aggregate_id = told.id) < told.facts
        """,
    ),
    Invariant(
        "I17-each-access-is-told",
        "Each emergency access and each decision on one has its fact in intake's log, or in its outbox",
        _INTAKE,
        "select count(*) from intake.emergency_access",
        """
        select a.emergency_access_id from intake.emergency_access a
        where (select count(*) from intake.event_log e where e.aggregate_id = a.emergency_access_id)
            + (select count(*) from intake.outbox o where o.aggregate_id = a.emergency_access_id)
            < case when a.state = 'REQUESTED' then 1 else 2 end
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
