-- migrate:up

-- Who follows a person's case, and who does so when they are away. One row is in force; the others are what was before, each
-- until the next one. Principals of the agency that registered the person: ids and nothing else.
create table case_workers (
    case_workers_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    agency_id uuid not null,
    caseworker_id uuid not null,
    deputy_id uuid check (deputy_id <> caseworker_id),
    set_by_principal_id uuid not null,
    acting_person text not null,
    set_time timestamptz not null,
    ended_time timestamptz check (ended_time >= set_time)
);

create unique index case_workers_now on case_workers (beneficiary_id) where ended_time is null;
create index case_workers_of_person on case_workers (beneficiary_id, set_time);
create index case_workers_by_caseworker on case_workers (caseworker_id, agency_id) where ended_time is null;
create index case_workers_by_deputy on case_workers (deputy_id, agency_id)
where ended_time is null and deputy_id is not null;

revoke update, delete, truncate on case_workers from intake_app, intake_worker;
grant update (ended_time) on case_workers to intake_app;

-- By the agency that registered the person: row-level security of beneficiary says which people those are.
alter table case_workers enable row level security, force row level security;
create policy case_workers_app on case_workers to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
) with check (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    and exists (select from beneficiary where beneficiary.beneficiary_id = case_workers.beneficiary_id)
);
create policy case_workers_worker on case_workers to intake_worker using (true);
create policy exports_of_the_owner on case_workers to intake_owner using (true);

-- What these people need and, as far as intake knows, has not ended. Whoever sent it sees no row of who holds it, so this
-- reaches past their own rows for the one question whether it has ended.
create function open_needs(people uuid [])
returns table (
    need_id uuid, referral_id uuid, beneficiary_id uuid, sender_agency_id uuid, service_type text, urgency text,
    routing text, origin text, happened_time timestamptz, recorded_time timestamptz, withdrawn_time timestamptz
)
language sql stable security definer set search_path from current
begin atomic
    select
        need.need_id, need.referral_id, need.beneficiary_id, need.sender_agency_id, need.service_type, need.urgency,
        need.routing, need.origin, need.happened_time, need.recorded_time, need.withdrawn_time
    from need
    where need.beneficiary_id = any(people) and need.withdrawn_time is null
    and (
        need.sender_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
        or (select current_setting('app.internal', true) = 'true')
    )
    and not exists (
        select from held_referral
        where held_referral.referral_id = need.referral_id and held_referral.ended_time is not null
    );
end;

revoke all on function open_needs from public;
grant execute on function open_needs to intake_app;

-- As in 0284, with who followed the person's case.
create or replace function desk_work_lines_for_export(
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
        union all
        select followed.set_time, followed.case_workers_id, to_jsonb(followed)
        from case_workers as followed, whose
        where place = 'case_workers' and followed.beneficiary_id = any(whose.people)
    ) as done
    where done.line_time < before
    and (after_time is null or (done.line_time, done.line_id) > (after_time, after_id))
    order by done.line_time, done.line_id
    limit size;
end;

-- migrate:down
-- forward only
