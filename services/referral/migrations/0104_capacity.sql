-- migrate:up

-- Places of each unit: one row per activity, and one per service, which counts while it has no activities.
-- An offer takes a place of another agency's unit in its own transaction, hence no row-level security.
create table capacity (
    unit_id uuid primary key, -- the activity_id or the service_id
    service_id uuid not null references service,
    agency_id uuid not null,
    activity_id uuid references activity,
    kind text not null check (kind in ('PLACES', 'UNLIMITED')),
    places integer not null check (places >= 0), -- declared for the hub; 0 when unlimited
    observed_places integer check (observed_places >= 0), -- outweighs a declaration twice found wrong
    questioned_time timestamptz, -- since when the agency is asked to declare anew
    reserved integer not null default 0 check (reserved >= 0), -- open offers
    occupied integer not null default 0 check (occupied >= 0), -- taken up and not ended
    free integer generated always as (
        case when kind = 'PLACES' then least(places, coalesce(observed_places, places)) - reserved - occupied end
    ) stored, -- null when unlimited; below 0 when more is taken than declared
    is_suspended boolean not null default false,
    start_time timestamptz,
    until_time timestamptz not null default 'infinity', -- open before it; '-infinity': has activities instead
    declared_time timestamptz not null default clock_timestamp(),
    version bigint not null default 1 -- counts declarations, and the times that the agency is asked for one
) with (fillfactor = 50);

create index capacity_by_service on capacity (service_id, until_time);

revoke delete on capacity from referral_app, referral_worker;

-- NO_CAPACITY answers against declared free places.
create table no_capacity_decline (
    unit_id uuid not null references capacity,
    declined_time timestamptz not null
);

create index no_capacity_decline_by_unit on no_capacity_decline (unit_id, declined_time);

-- migrate:down
-- forward only
