-- migrate:up

-- When codes were asked for, so that nobody lets the hub fill a stranger's mailbox. No address: a keyed digest of it. Rows are
-- deleted when they count no more, after a day.
create table mail_code (
    mail_code_id bigint generated always as identity primary key,
    principal_id uuid not null,
    address_digest bytea not null check (octet_length(address_digest) = 32),
    asked_time timestamptz not null
);

create index mail_code_by_member on mail_code (principal_id, asked_time);
create index mail_code_by_address on mail_code (address_digest, asked_time);
create index mail_code_by_time on mail_code (asked_time);

alter table mail_code enable row level security;
alter table mail_code force row level security;
create policy mail_code_for_workers on mail_code to notifications_worker using (true);

revoke all on mail_code from notifications_app;

-- migrate:down
-- forward only
