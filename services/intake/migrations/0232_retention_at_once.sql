-- migrate:up

-- As in 0231, for everybody at once: looked up person by person, fifty thousand people took longer than a transaction may.
create view retention_ground with (security_invoker = true) as
select need.beneficiary_id, 'OPEN_CASE' as ground
from need left join held_referral as held using (referral_id)
where need.withdrawn_time is null and held.ended_time is null
union
select cell.beneficiary_id, 'CONSENT_IN_FORCE' from grant_cell as cell
where cell.effect = 'PERMIT' and cell.withdrawn_time is null and cell.valid_until_time > clock_timestamp()
union
select beneficiary_id, 'RIGHTS_REQUEST' from rights_request where answer is null
union
select beneficiary_id, 'RESTRICTION' from consent_freeze where lifted_time is null
union
select beneficiary_id, 'COMPLAINT' from complaint where finding is null and beneficiary_id is not null
union
select beneficiary_id, 'RECALL' from recall where acknowledged_time is null
union
select beneficiary_id, 'EMERGENCY' from emergency_review where finding is null
union
select beneficiary_id, 'EMERGENCY' from emergency_access
where state = 'REQUESTED' or valid_until_time > clock_timestamp()
union
select beneficiary_id, 'AUTHORITY_REQUEST' from compelled_request where decided_time is null
union
select beneficiary_id, 'LEGAL_HOLD' from retention_hold where lifted_time is null;

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

create or replace view retention_due with (security_invoker = true) as
with rules as (
    select rule.*, min(rule.months) over () as fewest_months from retention_rule as rule
    where rule.rules_version = (select max(retention_rule.rules_version) from retention_rule)
),
timed as (
    select
        clock.beneficiary_id, clock.ids, clock.last_contact_time, rules.key_class, rules.grace_days,
        case rules.start
            when 'LAST_CONTACT' then clock.last_contact_time
            when 'CASE_CLOSED' then clock.case_closed_time
            else clock.consent_ended_time
        end + make_interval(months => rules.months) as own_time
    from retention_clock as clock
    join rules on clock.last_contact_time <= clock_timestamp() - make_interval(months => rules.fewest_months)
),
due as (
    select
        timed.*,
        case
            when timed.key_class = 'core' then max(timed.own_time) over (partition by timed.beneficiary_id)
            else timed.own_time
        end as due_time
    from timed
),
held as (
    select
        coalesce(merge.kept_beneficiary_id, ground.beneficiary_id) as person_id,
        array_agg(distinct ground.ground) as grounds
    from retention_ground as ground
    left join beneficiary_merge as merge
        on merge.merged_beneficiary_id = ground.beneficiary_id and merge.unmerged_time is null
    group by 1
)
select
    due.beneficiary_id, due.ids, due.key_class, due.due_time,
    due.due_time + make_interval(days => due.grace_days) as overdue_time,
    coalesce(held.grounds, '{}') as held_back
from due left join held on held.person_id = due.beneficiary_id
where due.due_time <= clock_timestamp()
and exists (
    select from data_key where data_key.beneficiary_id = any(due.ids) and data_key.key_class = due.key_class
)
and not exists (
    select from destroyed_key as gone
    where gone.beneficiary_id = any(due.ids) and gone.key_class = due.key_class
    and gone.destroyed_time > due.last_contact_time
);

drop function grounds_to_keep(uuid []);
grant select on retention_ground to intake_app, intake_worker;

-- migrate:down
-- forward only
