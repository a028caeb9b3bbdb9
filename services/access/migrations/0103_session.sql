-- migrate:up

-- Who has signed in. Of the secrets only hashes are kept (SHA-256 of 32 random bytes), and what has ended is deleted.
create table session (
    token_hash bytea primary key,
    session_id uuid not null unique,
    principal_id uuid not null references account,
    acr text not null check (acr in ('pwd', 'mfa')),
    begun_time timestamptz not null,
    used_time timestamptz not null,
    end_time timestamptz not null,
    check (used_time >= begun_time and end_time > begun_time)
) with (fillfactor = 80);

create index session_by_principal on session (principal_id);

-- whoever closes an account ends its sessions, and reads none
alter table session enable row level security;
alter table session force row level security;
create policy session_of_the_caller on session to access_app
    using (exists (select from account where account.principal_id = session.principal_id));
create policy session_for_the_hub on session to access_worker using (true);

revoke all on session from access_app;
grant delete on session to access_app;
grant select (principal_id) on session to access_app;

-- Devices on which somebody has signed in: failures elsewhere do not delay them there.
create table device (
    token_hash bytea primary key,
    principal_id uuid not null references account,
    used_time timestamptz not null
);

create index device_by_principal on device (principal_id);

alter table device enable row level security;
alter table device force row level security;
create policy device_of_the_caller on device to access_app
    using (exists (select from account where account.principal_id = device.principal_id));
create policy device_for_the_hub on device to access_worker using (true);

revoke all on device from access_app;
grant delete on device to access_app;
grant select (principal_id) on device to access_app;

-- Failed tries to sign in, by a keyed digest of the login, or of the known device: what was typed as a login may be
-- anything, a password by mistake.
create table sign_in_try (
    digest bytea primary key,
    tries integer not null check (tries > 0),
    last_try_time timestamptz not null,
    next_try_time timestamptz not null,
    is_delay_told boolean not null
) with (fillfactor = 80);

create index sign_in_try_by_time on sign_in_try (last_try_time);
revoke all on sign_in_try from access_app;

-- Sign-ins that are under way at an identity provider.
create table provider_sign_in (
    state_hash bytea primary key,
    provider text not null,
    redirect_uri text not null,
    nonce text not null,
    -- sealed: with it and the code somebody else could finish
    code_verifier bytea not null,
    browser_token_hash bytea not null,
    end_time timestamptz not null
);

create index provider_sign_in_by_time on provider_sign_in (end_time);
revoke all on provider_sign_in from access_app;

-- migrate:down
-- forward only
