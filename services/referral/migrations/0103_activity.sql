-- migrate:up

-- Dated instances of services: courses, sessions, slots.
create table activity (
    activity_id uuid primary key,
    service_id uuid not null references service,
    agency_id uuid not null references agency,
    name_el text not null,
    name_en text not null,
    start_time timestamptz not null,
    end_time timestamptz not null,
    -- as saved with the activity; what stands now is in capacity
    capacity_kind text not null,
    capacity_places integer not null,
    version bigint not null default 1,
    saved_time timestamptz not null default clock_timestamp(),
    check (start_time < end_time)
);

create index activity_by_service on activity (service_id, start_time, activity_id);
create index activity_by_time on activity (start_time, activity_id);

-- An activity is seen by whoever sees its service.
alter table activity enable row level security;
alter table activity force row level security;
create policy activity_worker on activity to referral_worker using (true);
create policy activity_app on activity to referral_app using (
    exists (select from service where service.service_id = activity.service_id)
) with check (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true)) = 'true'
    or (select current_setting('app.directory', true)) = 'all'
);

revoke delete on activity from referral_app, referral_worker;

-- migrate:down
-- forward only
