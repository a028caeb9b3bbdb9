-- migrate:up

-- A service as it stands now. Each change makes a row of service_version, which matches cite.
create table service (
    service_id uuid primary key,
    agency_id uuid not null references agency,
    service_type text not null,
    sector text not null,
    name_el text not null,
    name_en text not null,
    channel text not null,
    listing text not null check (listing in ('PUBLIC', 'PARTNERS', 'NAMED_STAFF')),
    location_visibility text not null check (location_visibility in ('PUBLIC', 'DISTRICT_ONLY', 'HIDDEN')),
    district text not null,
    latitude double precision not null,
    longitude double precision not null,
    address text not null,
    age_bands text[] not null,
    sexes text[] not null,
    household_bands text[] not null,
    status_rule text not null,
    status_proof_needed boolean not null,
    areas text[] not null,
    languages text[] not null,
    interpreter_languages text[] not null,
    step_free boolean not null,
    opening jsonb not null, -- [[weekday, from minute, until minute], …]
    duty_phone text not null,
    -- as saved with the service; what stands now is in capacity
    capacity_kind text not null,
    capacity_places integer not null,
    suspended_time timestamptz,
    version bigint not null default 1,
    saved_time timestamptz not null default clock_timestamp()
) with (fillfactor = 80);

create index service_by_agency on service (agency_id, service_id);
create index service_by_type on service (service_type, service_id);

-- How each service stood at each of its versions.
create table service_version (
    service_id uuid not null,
    version bigint not null,
    agency_id uuid not null,
    listing text not null,
    saved_time timestamptz not null,
    saved_by uuid not null,
    content jsonb not null,
    primary key (service_id, version)
);

-- The way from a need to its candidates: one row per district served, '*' for all of them.
create table service_area (
    service_type text not null,
    district text not null,
    service_id uuid not null references service,
    primary key (service_type, district, service_id)
);

create index service_area_by_service on service_area (service_id);

-- How many services each type has, so that telling how many lie out of reach costs no count.
create table service_type_count (
    service_type text not null,
    is_for_named_staff boolean not null,
    services integer not null,
    primary key (service_type, is_for_named_staff)
);

create function count_service_types() returns trigger language plpgsql as $$
begin
    insert into service_type_count (service_type, is_for_named_staff, services)
    select service_type, is_for_named_staff, sum(change)
    from (
        select service_type, listing = 'NAMED_STAFF' as is_for_named_staff, 1 as change from added
        union all
        select service_type, listing = 'NAMED_STAFF', -1 from removed
    ) as changes
    group by service_type, is_for_named_staff
    having sum(change) <> 0
    order by service_type, is_for_named_staff
    on conflict (service_type, is_for_named_staff) do update
        set services = service_type_count.services + excluded.services;
    return null;
end
$$;

create function count_new_service_types() returns trigger language plpgsql as $$
begin
    insert into service_type_count (service_type, is_for_named_staff, services)
    select service_type, listing = 'NAMED_STAFF', count(*)
    from added
    group by 1, 2
    order by 1, 2
    on conflict (service_type, is_for_named_staff) do update
        set services = service_type_count.services + excluded.services;
    return null;
end
$$;

create trigger count_types_of_new after insert on service
    referencing new table as added
    for each statement execute function count_new_service_types();
create trigger count_types_of_changed after update on service
    referencing new table as added old table as removed
    for each statement execute function count_service_types();

-- A service for named staff is seen by its own agency, by the hub itself, and where a use case has found
-- that the caller is named staff ('named_staff') or keeps the whole directory ('all').
alter table service enable row level security;
alter table service force row level security;
create policy service_worker on service to referral_worker using (true);
create policy service_app on service to referral_app using (
    listing <> 'NAMED_STAFF'
    or agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true)) = 'true'
    or (select current_setting('app.directory', true)) in ('named_staff', 'all')
) with check (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true)) = 'true'
    or (select current_setting('app.directory', true)) = 'all'
);

alter table service_version enable row level security;
alter table service_version force row level security;
create policy service_version_worker on service_version to referral_worker using (true);
create policy service_version_app on service_version to referral_app using (
    listing <> 'NAMED_STAFF'
    or agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true)) = 'true'
    or (select current_setting('app.directory', true)) in ('named_staff', 'all')
) with check (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true)) = 'true'
    or (select current_setting('app.directory', true)) = 'all'
);

-- append-only; a service is suspended, never deleted, because referrals cite it
revoke update, delete on service_version from referral_app, referral_worker;
revoke delete on service from referral_app, referral_worker;

-- migrate:down
-- forward only
