"""What people ask by right of the hub itself, and what they complain of."""

from typing import Final

from kernel import codes
from tools.check.invariant import Finding, Invariant, Snapshot

_INTAKE: Final = ("intake",)
_CORE: Final = codes.mask(code for code, entry in codes.CATEGORIES.items() if entry.key_class == "core")

INVARIANTS: Final = (
    Invariant(
        "I18-each-rights-request-has-its-day",
        "What is asked by right is due a month after it came, or three when extended, in Athens",
        _INTAKE,
        "select count(*) from intake.rights_request",
        """
        select r.rights_request_id from intake.rights_request r
        where r.due_time <> (
            date_trunc('day', r.received_time at time zone 'Europe/Athens')
            + case when r.extension_told_time is null then interval '1 month' else interval '3 months' end
            + interval '1 day') at time zone 'Europe/Athens'
           or r.extension_told_time >= (
            date_trunc('day', r.received_time at time zone 'Europe/Athens')
            + interval '1 month' + interval '1 day') at time zone 'Europe/Athens'
        """,
    ),
    Invariant(
        "I18-a-person-is-given-by-their-request",
        "What a person, or who asked, was given was asked for, of no record merged later, and unanswered",
        _INTAKE,
        "select count(*) from intake.disclosure where kind = 'SUBJECT'",
        """
        select d.disclosure_id from intake.disclosure d
        where d.kind = 'SUBJECT' and not exists (
            select from intake.rights_request r
            where r.rights_request_id = d.rights_request_id
              and (r.beneficiary_id = d.beneficiary_id or exists (
                  select from intake.same_person s
                  where s.beneficiary_id = r.beneficiary_id and s.other_id = d.beneficiary_id
                    and s.merged_time <= case when r.protection_decided_time <= d.disclosed_time
                        then r.protection_decided_time else r.registered_time end
                    and d.disclosed_time < coalesce(s.unmerged_time, 'infinity')))
              and r.asked_right in ('ACCESS', 'PORTABILITY') and d.told_by_agency_id = r.agency_id
              and d.disclosed_time >= r.registered_time
              and (r.answered_time is null or d.disclosed_time <= r.answered_time))
        """,
    ),
    Invariant(
        "I18-protection-data-by-decision",
        "Nobody but the person was given what is not sealed as core, unless it was decided by then",
        _INTAKE,
        "select count(*) from intake.disclosure where kind = 'SUBJECT'",
        f"""
        select d.disclosure_id from intake.disclosure d join intake.rights_request r using (rights_request_id)
        where d.kind = 'SUBJECT' and r.asked_by <> 'SELF' and d.given_mask & ~{_CORE}::bigint & ~(
            case when r.protection_decided_time <= d.disclosed_time then r.protection_mask else 0 end) <> 0
        """,
    ),
    Invariant(
        "I18-fulfilled-is-what-was-done",
        "What was answered as fulfilled names the export, correction, restriction or objection that did it",
        _INTAKE,
        "select count(*) from intake.rights_request where fulfilled_by_id is not null",
        """
        select r.rights_request_id from intake.rights_request r
        where r.fulfilled_by_id is not null and not exists (
            select from intake.disclosure d
            where r.asked_right in ('ACCESS', 'PORTABILITY') and d.disclosure_id = r.fulfilled_by_id
              and d.kind = 'SUBJECT' and d.rights_request_id = r.rights_request_id
            union all
            select from intake.correction c
            where r.asked_right = 'CORRECTION' and c.correction_id = r.fulfilled_by_id
              and c.corrected_time >= r.received_time and c.beneficiary_id in (
                  select r.beneficiary_id union all
                  select s.other_id from intake.same_person s where s.beneficiary_id = r.beneficiary_id)
            union all
            select from intake.consent_freeze f
            where r.asked_right = 'RESTRICTION' and f.consent_freeze_id = r.fulfilled_by_id
              and f.rights_request_id = r.rights_request_id and f.frozen_time <= r.answered_time
            union all
            select from intake.consent_event e
            where r.asked_right = 'OBJECTION' and e.consent_event_id = r.fulfilled_by_id
              and e.beneficiary_id = r.beneficiary_id and e.state = 'OBJECTED'
              and e.recorded_time <= r.answered_time)
        """,
    ),
    Invariant(
        "I18-erased-when-it-was-said",
        "Whoever was told that they are erased is, and each erasure by request has its certificate's fact",
        _INTAKE,
        "select count(*) from intake.rights_request where asked_right = 'ERASURE'",
        """
        select r.rights_request_id from intake.rights_request r
        left join intake.beneficiary b using (beneficiary_id)
        left join intake.erasure e using (rights_request_id)
        where r.asked_right = 'ERASURE' and (
            ((r.answer = 'FULFILLED' or e.certificate_id is not null) and b.erased_time is null)
            or (e.certificate_id is not null
                and not exists (select from intake.event_log l where l.aggregate_id = e.certificate_id)
                and not exists (select from intake.outbox o where o.aggregate_id = e.certificate_id)))
        """,
    ),
    Invariant(
        "I18-each-complaint-has-its-day",
        "What somebody complains of is due a month after it came, in Athens",
        _INTAKE,
        "select count(*) from intake.complaint",
        """
        select c.complaint_id from intake.complaint c
        where c.due_time <> (
            date_trunc('day', c.received_time at time zone 'Europe/Athens') + interval '1 month'
            + interval '1 day') at time zone 'Europe/Athens'
        """,
    ),
    Invariant(
        "I18-each-complaint-is-told",
        "Each complaint and its answer have their facts in intake's log or outbox",
        _INTAKE,
        "select count(*) from intake.complaint",
        """
        select c.complaint_id from intake.complaint c
        where (select count(*) from intake.event_log e where e.aggregate_id = c.complaint_id)
            + (select count(*) from intake.outbox o where o.aggregate_id = c.complaint_id)
            < 1 + num_nonnulls(c.answered_time)
        """,
    ),
    Invariant(
        "I18-each-rights-request-is-told",
        "Each request by right, its extension and its answer have their facts in intake's log or outbox",
        _INTAKE,
        "select count(*) from intake.rights_request",
        """
        select r.rights_request_id from intake.rights_request r
        where (select count(*) from intake.event_log e where e.aggregate_id = r.rights_request_id)
            + (select count(*) from intake.outbox o where o.aggregate_id = r.rights_request_id)
            < 1 + num_nonnulls(r.extension_told_time, r.protection_decided_time, r.answered_time)
        """,
    ),
)


async def rights(snapshot: Snapshot) -> list[Finding]:
    """Inside intake's tables."""
    return await snapshot.test(INVARIANTS)
