-- migrate:up

-- A member of staff. Login and display name are personal data: they stand here and nowhere else, and are taken out
-- some time after the account was closed; everywhere else a person is the principal_id.
create table account (
    principal_id uuid primary key,
    -- null: staff of the hub itself
    agency_id uuid,
    login text unique check (login = lower(login)),
    display_name text not null,
    roles text[] not null check (cardinality(roles) > 0),
    state text not null check (state in ('ACTIVE', 'LOCKED', 'CLOSED')),
    -- grows by one with each event about this account
    version bigint not null check (version > 0),
    opened_time timestamptz not null,
    closed_time timestamptz,
    check ((state = 'CLOSED') = (closed_time is not null)),
    check (login is not null or state = 'CLOSED')
);

create index account_by_agency on account (agency_id, principal_id);

-- An agency's admin sees and changes the own agency's; operators, and whoever signs in, use the worker's login.
alter table account enable row level security;
alter table account force row level security;
create policy account_of_the_caller on account to access_app
    using ((select nullif(current_setting('app.agency', true), '')::uuid) = agency_id);
create policy account_for_the_hub on account to access_worker using (true);

revoke delete, truncate on account from access_app, access_worker;

-- migrate:down
-- forward only
