-- migrate:up

-- Whom a mail tells that their agency's inbox has something new, where, and how often. The address is the member's own data: no
-- event, no log and no other service has it. A worker that sends holds a lease, not a lock, and what it reports counts only
-- while the lease is its own.
create table mail_notice (
    mail_notice_id uuid primary key,
    principal_id uuid not null,
    agency_id uuid not null,
    inbox text not null check (inbox in ('AGENCY', 'DESK')),
    recipient_id uuid not null,
    address text not null check (length(address) <= 254),
    language text not null check (language in ('el', 'en')),
    pace text not null check (pace in ('AT_ONCE', 'HOURLY', 'DAILY')),
    daily_hour smallint not null default 0 check (daily_hour between 0 and 23),
    -- until it is confirmed: what was sent there, and how often something else was typed
    code text,
    code_tries smallint not null default 0,
    code_end_time timestamptz,
    code_sent_time timestamptz,
    confirmed_time timestamptz,
    -- of everything up to here the mail server has taken a mail
    told_sequence bigint not null check (told_sequence >= 0),
    -- up to where a mail goes that was begun: a repeat of it is the same mail
    sending_sequence bigint check (sending_sequence >= told_sequence),
    next_mail_time timestamptz not null,
    last_mail_time timestamptz,
    tries integer not null default 0,
    failure text,
    failing_since_time timestamptz,
    next_try_time timestamptz not null,
    given_up_time timestamptz,
    lease_id uuid,
    lease_end_time timestamptz,
    unique (principal_id, inbox),
    check ((tries = 0) = (failing_since_time is null)),
    check ((lease_id is null) = (lease_end_time is null)),
    check ((confirmed_time is null) = (code is not null))
);

create index mail_notice_by_agency on mail_notice (agency_id, principal_id);

-- the door and the mail worker use the worker's login, and say themselves whose notices they touch
alter table mail_notice enable row level security;
alter table mail_notice force row level security;
create policy mail_notice_for_workers on mail_notice to notifications_worker using (true);

revoke all on mail_notice from notifications_app;

-- migrate:down
-- forward only
