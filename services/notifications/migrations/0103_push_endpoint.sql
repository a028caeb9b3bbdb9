-- migrate:up

-- Where the deliveries of an inbox are pushed, and how far that is. A worker that pushes holds a lease, not a
-- lock: nobody calls out from inside a transaction. What it reports counts only while the lease is its own.
create table push_endpoint (
    recipient_id uuid primary key,
    endpoint_id uuid not null unique,
    inbox text not null check (inbox in ('AGENCY', 'DESK')),
    agency_id uuid not null,
    address text not null,
    -- certificates (PEM) of the authorities that vouch for it; null: the well-known ones
    authorities text,
    -- everything up to here was pushed and acknowledged
    pushed_sequence bigint not null check (pushed_sequence >= 0),
    -- grows by one with each event about this endpoint
    version bigint not null,
    -- since the last success; all empty after one
    tries integer not null default 0,
    failure text,
    grpc_code text,
    failing_since_time timestamptz,
    next_try_time timestamptz not null default clock_timestamp(),
    given_up_time timestamptz,
    lease_id uuid,
    lease_end_time timestamptz,
    unique (agency_id, inbox),
    check ((tries = 0) = (failing_since_time is null)),
    check ((tries = 0) = (failure is null)),
    check (given_up_time is null or tries > 0),
    check ((lease_id is null) = (lease_end_time is null))
);

-- no call of an agency ever comes near it: operators and the push workers use the worker's login
alter table push_endpoint enable row level security;
alter table push_endpoint force row level security;
create policy push_endpoint_for_workers on push_endpoint to notifications_worker using (true);

revoke all on push_endpoint from notifications_app;

-- migrate:down
-- forward only
