-- migrate:up

-- What the desk does for a person is told to them with everything else, as lines_for_export tells that (0251).
create function desk_work_lines_for_export(
    request uuid, place text, before timestamptz, after_time timestamptz, after_id uuid, size integer
)
returns table (line_time timestamptz, line_id uuid, line jsonb)
language sql volatile security definer set search_path from current
begin atomic
    with whose as materialized (select array(select people_of_export(request)) as people)
    select done.line_time, done.line_id, done.line
    from (
        select visit.recorded_time as line_time, visit.visit_id as line_id, to_jsonb(visit) as line
        from visit, whose where place = 'visit' and visit.beneficiary_id = any(whose.people)
        union all
        select appointment.booked_time, appointment.appointment_id, to_jsonb(appointment)
        from appointment, whose where place = 'appointment' and appointment.beneficiary_id = any(whose.people)
        union all
        select tried.recorded_time, tried.contact_attempt_id, to_jsonb(tried)
        from contact_attempt as tried, whose
        where place = 'contact_attempt' and tried.beneficiary_id = any(whose.people)
    ) as done
    where done.line_time < before
    and (after_time is null or (done.line_time, done.line_id) > (after_time, after_id))
    order by done.line_time, done.line_id
    limit size;
end;

revoke all on function desk_work_lines_for_export from public;
grant execute on function desk_work_lines_for_export to intake_app;

-- As in 0232, with visits, appointments and tries to reach somebody, which are contacts too.
create or replace view retention_clock with (security_invoker = true) as
with record as (
    select
        whose.beneficiary_id as record_id,
        coalesce(merge.kept_beneficiary_id, whose.beneficiary_id) as person_id
    from beneficiary as whose
    left join beneficiary_merge as merge
        on merge.merged_beneficiary_id = whose.beneficiary_id and merge.unmerged_time is null
    where whose.erased_time is null
),
recorded (record_id, last_time) as (
    select beneficiary_id, registered_time from beneficiary
    union all
    select beneficiary_id, corrected_time from correction
    union all
    select beneficiary_id, greatest(recorded_time, withdrawn_time) from need
    union all
    select beneficiary_id, recorded_time from consent_event where state <> 'EXPIRED'
    union all
    select beneficiary_id, disclosed_time from disclosure
    union all
    select beneficiary_id, greatest(frozen_time, lifted_time) from consent_freeze
    union all
    select beneficiary_id, greatest(registered_time, answered_time) from rights_request
    union all
    select beneficiary_id, greatest(registered_time, answered_time) from complaint
    union all
    select beneficiary_id, greatest(opened_time, acknowledged_time) from recall
    union all
    select beneficiary_id, greatest(requested_time, decided_time) from emergency_access
    union all
    select beneficiary_id, greatest(opened_time, reviewed_time) from emergency_review
    union all
    select beneficiary_id, greatest(issued_time, revoked_time) from receipt
    union all
    select beneficiary_id, recorded_time from authority_notification
    union all
    select beneficiary_id, greatest(registered_time, decided_time) from compelled_request
    union all
    select beneficiary_id, recorded_time from visit
    union all
    select beneficiary_id, greatest(booked_time, changed_time) from appointment
    union all
    select beneficiary_id, recorded_time from contact_attempt
    union all
    select merged_beneficiary_id, greatest(merged_time, unmerged_time) from beneficiary_merge
    union all
    select kept_beneficiary_id, greatest(merged_time, unmerged_time) from beneficiary_merge
),
contact as (select record_id, max(last_time) as last_time from recorded group by record_id),
closed as (
    select need.beneficiary_id as record_id, max(held.ended_time) as last_time
    from need join held_referral as held using (referral_id) group by need.beneficiary_id
),
permitted as (
    select beneficiary_id as record_id, max(least(valid_until_time, withdrawn_time)) as last_time
    from grant_cell where effect = 'PERMIT' group by beneficiary_id
),
clock as (
    select
        record.person_id,
        array_agg(record.record_id) as ids,
        max(contact.last_time) as contact_time,
        max(closed.last_time) as closed_time,
        max(permitted.last_time) as permitted_time
    from record
    left join contact using (record_id)
    left join closed using (record_id)
    left join permitted using (record_id)
    group by record.person_id
)
select
    person.beneficiary_id,
    person.registered_time,
    clock.ids,
    clock.contact_time as last_contact_time,
    greatest(clock.contact_time, clock.closed_time) as case_closed_time,
    greatest(clock.contact_time, clock.closed_time, clock.permitted_time) as consent_ended_time
from clock join beneficiary as person on person.beneficiary_id = clock.person_id;

-- migrate:down
-- forward only
