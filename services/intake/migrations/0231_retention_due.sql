-- migrate:up

-- That a referral has ended, which a return is not. Of what ended before this column was there, nothing tells the two apart
-- any more: a referral that was returned then and is offered still counts as ended, until it is taken up again.
alter table held_referral add column ended_time timestamptz check (ended_time is null or closed_time is not null);
update held_referral set ended_time = closed_time where closed_time is not null;

-- What keeps everything of a person, past its time: a claim, or a law. Why, in words, lies sealed under the person's key.
create table retention_hold (
    retention_hold_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    ground text not null check (ground in ('LEGAL_CLAIM', 'LEGAL_OBLIGATION')),
    sealed_words bytea not null,
    placed_by_principal_id uuid not null,
    placed_time timestamptz not null,
    sealed_lifting_words bytea,
    lifted_by_principal_id uuid,
    lifted_time timestamptz check (lifted_time >= placed_time),
    check (num_nulls(sealed_lifting_words, lifted_by_principal_id, lifted_time) in (0, 3))
);

create index retention_hold_open on retention_hold (placed_time, retention_hold_id) where lifted_time is null;
create index retention_hold_of_person on retention_hold (beneficiary_id);

revoke update, delete, truncate on retention_hold from intake_app, intake_worker;
grant update (sealed_lifting_words, lifted_by_principal_id, lifted_time) on retention_hold to intake_app;

alter table retention_hold enable row level security, force row level security;
create policy retention_hold_app on retention_hold to intake_app using (
    (select current_setting('app.internal', true) = 'true')
);
create policy retention_hold_worker on retention_hold to intake_worker using (true);

-- What was destroyed because it was due, and by whom; RESTORED: what came back with an older database and went again.
create table destruction (
    destruction_id uuid primary key,
    cause text not null check (cause in ('DUE', 'RESTORED')),
    rules_version integer not null,
    sealed_words bytea,
    decided_by_principal_id uuid not null,
    destroyed_time timestamptz not null,
    check ((cause = 'DUE') = (sealed_words is not null))
);

-- The keys that are gone by it: what they sealed is noise. is_whole: nothing else was left, and the person was erased.
create table destroyed_key (
    key_id uuid primary key,
    destruction_id uuid not null references destruction,
    beneficiary_id uuid not null references beneficiary,
    key_class text not null,
    due_time timestamptz not null,
    destroyed_time timestamptz not null,
    is_whole boolean not null,
    check (destroyed_time >= due_time)
);

create index destroyed_key_of_person on destroyed_key (beneficiary_id, key_class, destroyed_time);
create index destroyed_key_of_destruction on destroyed_key (destruction_id);

revoke update, delete, truncate on destruction, destroyed_key from intake_app, intake_worker;

alter table destruction enable row level security, force row level security;
alter table destroyed_key enable row level security, force row level security;
create policy destruction_app on destruction to intake_app using (
    (select current_setting('app.internal', true) = 'true')
);
create policy destruction_worker on destruction to intake_worker using (true);
create policy destroyed_key_app on destroyed_key to intake_app using (
    (select current_setting('app.internal', true) = 'true')
);
create policy destroyed_key_worker on destroyed_key to intake_worker using (true);
create policy functions_of_the_owner on destroyed_key to intake_owner using (true);

-- Which of these keys were destroyed: a text that was sealed by one is gone, and no fault. It tells of nobody.
create function destroyed_keys(key_ids uuid []) returns setof uuid
language sql stable security definer set search_path from current
begin atomic
    select destroyed_key.key_id from destroyed_key where destroyed_key.key_id = any(key_ids);
end;

revoke all on function destroyed_keys from public;
grant execute on function destroyed_keys to intake_app, intake_worker;

create index recall_of_person on recall (beneficiary_id);
create index complaint_of_person on complaint (beneficiary_id) where beneficiary_id is not null;
create index emergency_access_of_person on emergency_access (beneficiary_id);
create index emergency_review_of_person on emergency_review (beneficiary_id);
create index authority_notification_of_person on authority_notification (beneficiary_id);
create index compelled_request_of_person on compelled_request (beneficiary_id);

-- When of each person whatever was recorded last, the case was closed, and what they permitted ended; of all records that
-- are seen as theirs (ids). Each counts at least as late as the one before, so nothing that was told later goes earlier.
create view retention_clock with (security_invoker = true) as
select
    person.beneficiary_id,
    person.registered_time,
    record.ids,
    contact.last_time as last_contact_time,
    greatest(contact.last_time, closed.last_time) as case_closed_time,
    greatest(contact.last_time, closed.last_time, permitted.last_time) as consent_ended_time
from beneficiary as person
cross join lateral (
    select array(
        select seen.other_id from same_person as seen
        where seen.beneficiary_id = person.beneficiary_id and seen.unmerged_time is null
    ) || person.beneficiary_id as ids
) as record
cross join lateral (
    select max(recorded.last_time) as last_time from (
        select max(beneficiary.registered_time) as last_time from beneficiary where beneficiary_id = any(record.ids)
        union all
        select max(corrected_time) from correction where beneficiary_id = any(record.ids)
        union all
        select max(greatest(recorded_time, withdrawn_time)) from need where beneficiary_id = any(record.ids)
        union all
        select max(recorded_time) from consent_event where beneficiary_id = any(record.ids) and state <> 'EXPIRED'
        union all
        select max(disclosed_time) from disclosure where beneficiary_id = any(record.ids)
        union all
        select max(greatest(frozen_time, lifted_time)) from consent_freeze where beneficiary_id = any(record.ids)
        union all
        select max(greatest(registered_time, answered_time)) from rights_request where beneficiary_id = any(record.ids)
        union all
        select max(greatest(registered_time, answered_time)) from complaint where beneficiary_id = any(record.ids)
        union all
        select max(greatest(opened_time, acknowledged_time)) from recall where beneficiary_id = any(record.ids)
        union all
        select max(greatest(requested_time, decided_time)) from emergency_access where beneficiary_id = any(record.ids)
        union all
        select max(greatest(opened_time, reviewed_time)) from emergency_review where beneficiary_id = any(record.ids)
        union all
        select max(greatest(issued_time, revoked_time)) from receipt where beneficiary_id = any(record.ids)
        union all
        select max(recorded_time) from authority_notification where beneficiary_id = any(record.ids)
        union all
        select max(greatest(registered_time, decided_time)) from compelled_request where beneficiary_id = any(record.ids)
        union all
        select max(greatest(merged_time, unmerged_time)) from beneficiary_merge
        where merged_beneficiary_id = any(record.ids)
        union all
        select max(greatest(merged_time, unmerged_time)) from beneficiary_merge where kept_beneficiary_id = any(record.ids)
    ) as recorded
) as contact
cross join lateral (
    select max(held.ended_time) as last_time
    from need join held_referral as held using (referral_id) where need.beneficiary_id = any(record.ids)
) as closed
cross join lateral (
    select max(least(cell.valid_until_time, cell.withdrawn_time)) as last_time
    from consent_event as said
    join grant_cell as cell on cell.consent_event_id = said.consent_event_id
    where said.beneficiary_id = any(record.ids) and cell.effect = 'PERMIT'
) as permitted
where person.erased_time is null and not exists (
    select from beneficiary_merge as merge
    where merge.merged_beneficiary_id = person.beneficiary_id and merge.unmerged_time is null
);

-- On what grounds everything of a person is kept now, whatever is due.
create function grounds_to_keep(ids uuid []) returns text []
language sql stable set search_path from current
begin atomic
    select array_remove(array[
        case when exists (
            select from need left join held_referral as held using (referral_id)
            where need.beneficiary_id = any(ids) and need.withdrawn_time is null and held.ended_time is null
        ) then 'OPEN_CASE' end,
        case when exists (
            select from grant_cell as cell
            where cell.beneficiary_id = any(ids) and cell.effect = 'PERMIT' and cell.withdrawn_time is null
            and cell.valid_until_time > clock_timestamp()
        ) then 'CONSENT_IN_FORCE' end,
        case when exists (
            select from rights_request where rights_request.beneficiary_id = any(ids) and rights_request.answer is null
        ) then 'RIGHTS_REQUEST' end,
        case when exists (
            select from consent_freeze
            where consent_freeze.beneficiary_id = any(ids) and consent_freeze.lifted_time is null
        ) then 'RESTRICTION' end,
        case when exists (
            select from complaint where complaint.beneficiary_id = any(ids) and complaint.finding is null
        ) then 'COMPLAINT' end,
        case when exists (
            select from recall where recall.beneficiary_id = any(ids) and recall.acknowledged_time is null
        ) then 'RECALL' end,
        case when exists (
            select from emergency_review
            where emergency_review.beneficiary_id = any(ids) and emergency_review.finding is null
        ) or exists (
            select from emergency_access as access
            where access.beneficiary_id = any(ids)
            and (access.state = 'REQUESTED' or access.valid_until_time > clock_timestamp())
        ) then 'EMERGENCY' end,
        case when exists (
            select from compelled_request
            where compelled_request.beneficiary_id = any(ids) and compelled_request.decided_time is null
        ) then 'AUTHORITY_REQUEST' end,
        case when exists (
            select from retention_hold
            where retention_hold.beneficiary_id = any(ids) and retention_hold.lifted_time is null
        ) then 'LEGAL_HOLD' end
    ], null);
end;

-- What is due of each person by the rules in force, and was not destroyed since anything was recorded last. Who somebody is
-- (core) goes last: with it goes whatever is left.
create view retention_due with (security_invoker = true) as
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
    -- most people came later, and need not be looked at
    join rules on clock.registered_time <= clock_timestamp() - make_interval(months => rules.fewest_months)
),
due as (
    select
        timed.*,
        case
            when timed.key_class = 'core' then max(timed.own_time) over (partition by timed.beneficiary_id)
            else timed.own_time
        end as due_time
    from timed
)
select
    due.beneficiary_id, due.ids, due.key_class, due.due_time,
    due.due_time + make_interval(days => due.grace_days) as overdue_time,
    grounds_to_keep(due.ids) as held_back
from due
where due.due_time <= clock_timestamp()
and exists (
    select from data_key where data_key.beneficiary_id = any(due.ids) and data_key.key_class = due.key_class
)
and not exists (
    select from destroyed_key as gone
    where gone.beneficiary_id = any(due.ids) and gone.key_class = due.key_class
    and gone.destroyed_time > due.last_contact_time
);

grant select on retention_clock, retention_due to intake_app, intake_worker;

-- migrate:down
-- forward only
