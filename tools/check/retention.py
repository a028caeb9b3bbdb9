"""What was kept for long enough: nothing is overdue, and what was destroyed cannot be read."""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_INTAKE: Final = ("intake",)
_GONE: Final = "select count(*) from intake.destroyed_key"

_OVERDUE: Final = """
    with person as (
        select b.beneficiary_id as record_id, coalesce(m.kept_beneficiary_id, b.beneficiary_id) as person_id
        from intake.beneficiary b
        left join intake.beneficiary_merge m
            on m.merged_beneficiary_id = b.beneficiary_id and m.unmerged_time is null
        where b.erased_time is null
    ), recorded (record_id, at) as (
        select beneficiary_id, registered_time from intake.beneficiary
        union all select beneficiary_id, corrected_time from intake.correction
        union all select beneficiary_id, greatest(recorded_time, withdrawn_time) from intake.need
        union all select beneficiary_id, recorded_time from intake.consent_event where state <> 'EXPIRED'
        union all select beneficiary_id, disclosed_time from intake.disclosure
        union all select beneficiary_id, greatest(frozen_time, lifted_time) from intake.consent_freeze
        union all select beneficiary_id, greatest(registered_time, answered_time) from intake.rights_request
        union all select beneficiary_id, greatest(registered_time, answered_time) from intake.complaint
        union all select beneficiary_id, greatest(opened_time, acknowledged_time) from intake.recall
        union all select beneficiary_id, greatest(requested_time, decided_time) from intake.emergency_access
        union all select beneficiary_id, greatest(opened_time, reviewed_time) from intake.emergency_review
        union all select beneficiary_id, recorded_time from intake.authority_notification
        union all select beneficiary_id, greatest(issued_time, revoked_time) from intake.receipt
        union all select beneficiary_id, greatest(registered_time, decided_time) from intake.compelled_request
        union all select beneficiary_id, recorded_time from intake.visit
        union all select beneficiary_id, greatest(booked_time, changed_time) from intake.appointment
        union all select beneficiary_id, recorded_time from intake.contact_attempt
        union all
        select merged_beneficiary_id, greatest(merged_time, unmerged_time) from intake.beneficiary_merge
        union all
        select kept_beneficiary_id, greatest(merged_time, unmerged_time) from intake.beneficiary_merge
    ), ended (record_id, at) as (
        select n.beneficiary_id, h.ended_time
        from intake.need n join intake.held_referral h using (referral_id)
    ), permitted (record_id, at) as (
        select beneficiary_id, least(valid_until_time, withdrawn_time) from intake.grant_cell
        where effect = 'PERMIT'
    ), clock as (
        select person_id, max(r.at) as contact, max(greatest(r.at, e.at)) as closed,
            max(greatest(r.at, e.at, p.at)) as consented
        from person
        left join (select record_id, max(at) as at from recorded group by 1) r using (record_id)
        left join (select record_id, max(at) as at from ended group by 1) e using (record_id)
        left join (select record_id, max(at) as at from permitted group by 1) p using (record_id)
        group by person_id
    ), held (record_id) as (
        select n.beneficiary_id from intake.need n left join intake.held_referral h using (referral_id)
        where n.withdrawn_time is null and h.ended_time is null
        union all
        select beneficiary_id from intake.grant_cell
        where effect = 'PERMIT' and withdrawn_time is null and valid_until_time > clock_timestamp()
        union all select beneficiary_id from intake.rights_request where answer is null
        union all select beneficiary_id from intake.consent_freeze where lifted_time is null
        union all select beneficiary_id from intake.complaint where finding is null
        union all select beneficiary_id from intake.recall where acknowledged_time is null
        union all select beneficiary_id from intake.emergency_review where finding is null
        union all
        select beneficiary_id from intake.emergency_access
        where state = 'REQUESTED' or valid_until_time > clock_timestamp()
        union all select beneficiary_id from intake.compelled_request where decided_time is null
        union all select beneficiary_id from intake.retention_hold where lifted_time is null
    ), due as (
        select c.person_id, c.contact, r.key_class, r.grace_days,
            case r.start when 'LAST_CONTACT' then c.contact when 'CASE_CLOSED' then c.closed
                else c.consented end + make_interval(months => r.months) as at
        from clock c cross join intake.retention_rule r
        where r.rules_version = (select max(rules_version) from intake.retention_rule)
    ), late as (
        select person_id, contact, key_class, grace_days,
            case when key_class = 'core' then max(at) over (partition by person_id) else at end as at
        from due
    )
    select late.key_class || ' of ' || late.person_id || ' since ' || late.at
    from late
    where late.at + make_interval(days => late.grace_days) <= clock_timestamp()
      and exists (
        select from intake.data_key k join person on person.record_id = k.beneficiary_id
        where person.person_id = late.person_id and k.key_class = late.key_class)
      and not exists (
        select from intake.destroyed_key d join person on person.record_id = d.beneficiary_id
        where person.person_id = late.person_id and d.key_class = late.key_class
          and d.destroyed_time > late.contact)
      and not exists (
        select from held join person using (record_id) where person.person_id = late.person_id)
"""

INVARIANTS: Final = (
    Invariant(
        "I21-nothing-is-kept-too-long",
        "Whatever is known of people is kept no longer than its rule and the days of grace, unless held back",
        _INTAKE,
        "select count(*) from intake.beneficiary where erased_time is null",
        _OVERDUE,
    ),
    Invariant(
        "I21-destroyed-is-unreadable",
        "No key that was destroyed is there, and nothing of the vault is sealed by one",
        _INTAKE,
        _GONE,
        """
        select d.key_id from intake.destroyed_key d
        where exists (select from intake.data_key k where k.key_id = d.key_id)
           or not d.is_whole and exists (select from intake.sealed_record r where r.key_id = d.key_id)
           or d.is_whole and not exists (
                select from intake.beneficiary b
                where b.beneficiary_id = d.beneficiary_id and b.erased_time is not null)
        """,
    ),
    Invariant(
        "I21-no-paper-outlives-what-it-tells",
        "No receipt that has ended, or of whom something was destroyed, says anything or is found by a code",
        _INTAKE,
        "select count(*) from intake.receipt where form <> 'REFUSED'",
        """
        select r.receipt_id from intake.receipt r
        where num_nonnulls(r.code_digest, r.pin_digest, r.sealed_content) > 0
          and (r.revoked_time is not null or r.emptied_time is not null
            or r.valid_until_time < clock_timestamp() - interval '1 day'
            or exists (
                select from intake.beneficiary b
                where b.beneficiary_id = r.beneficiary_id and b.erased_time is not null)
            or exists (
                select from intake.destroyed_key d
                where d.beneficiary_id = r.beneficiary_id and d.destroyed_time > r.issued_time))
        """,
    ),
    Invariant(
        "I21-no-draft-outlives-its-day",
        "No draft is left a day after its end, nor about somebody erased, merged or parted since then",
        _INTAKE,
        "select count(*) from intake.draft",
        """
        select d.draft_id from intake.draft d
        where d.expires_time < clock_timestamp() - interval '1 day'
           or exists (
                select from intake.beneficiary b
                where b.beneficiary_id = d.beneficiary_id and b.erased_time is not null)
           or exists (
                select from intake.beneficiary_merge m
                where d.beneficiary_id in (m.merged_beneficiary_id, m.kept_beneficiary_id)
                  and d.saved_time < greatest(m.merged_time, m.unmerged_time))
        """,
    ),
    Invariant(
        "I21-each-destruction-is-told",
        "Each destruction, and each hold and its end, has its fact in intake's log or in its outbox",
        _INTAKE,
        "select (select count(*) from intake.destruction) + (select count(*) from intake.retention_hold)",
        """
        select told.id from (
            select destruction_id as id, 1 as facts from intake.destruction
            union all
            select retention_hold_id, 1 + num_nonnulls(lifted_time) from intake.retention_hold
        ) as told
        where (select count(*) from intake.event_log e where e.aggregate_id = told.id)
            + (select count(*) from intake.outbox o where o.aggregate_id = told.id) < told.facts
        """,
    ),
)


async def retention(snapshot: Snapshot) -> list[Finding]:
    """Inside intake's tables."""
    return await snapshot.test(INVARIANTS)
