-- migrate:up

-- By what somebody is known: one row for each account. The password is an argon2id hash, the authenticator's secret
-- is sealed under a key that lies outside of the database.
create table credential (
    principal_id uuid primary key references account,
    password_hash text not null,
    is_one_time boolean not null,
    -- a one-time password is good until then
    one_time_end_time timestamptz,
    authenticator bytea,
    -- the step of the last code that was taken: it and all before are used up
    authenticator_step bigint,
    -- waits for its first code
    new_authenticator bytea,
    check (is_one_time = (one_time_end_time is not null)),
    check (authenticator is not null or authenticator_step is null)
);

alter table credential enable row level security;
alter table credential force row level security;
create policy credential_of_the_caller on credential to access_app
    using (exists (select from account where account.principal_id = credential.principal_id));
create policy credential_for_the_hub on credential to access_worker using (true);

-- whoever keeps accounts may set a one-time password and see what is enrolled, and reads no hash and no secret
revoke all on credential from access_app;
grant insert, update on credential to access_app;
grant select (principal_id, is_one_time, authenticator_step) on credential to access_app;
revoke delete, truncate on credential from access_worker;

-- What identity providers call them.
create table identity (
    issuer text not null,
    subject text not null,
    principal_id uuid not null references account,
    primary key (issuer, subject),
    unique (principal_id, issuer)
);

alter table identity enable row level security;
alter table identity force row level security;
create policy identity_of_the_caller on identity to access_app
    using (exists (select from account where account.principal_id = identity.principal_id));
create policy identity_for_the_hub on identity to access_worker using (true);

revoke update, truncate on identity from access_app, access_worker;

-- migrate:down
-- forward only
