-- migrate:up

-- An inbox: an agency's, or a desk's. Made when the first delivery comes. Its row is the lock that keeps
-- sequences dense: they are given out under it, so they become visible in their order and without gaps.
create table recipient (
    recipient_id uuid primary key,
    inbox text not null check (inbox in ('AGENCY', 'DESK')),
    agency_id uuid not null,
    last_sequence bigint not null default 0,
    -- what a client has said it has; the deliveries themselves stay readable
    acknowledged_sequence bigint not null default 0,
    -- everything up to here was deleted because of its age
    forgotten_sequence bigint not null default 0,
    -- grows by one with each event about this recipient
    version bigint not null default 0,
    unique (agency_id, inbox),
    check (acknowledged_sequence between 0 and last_sequence),
    check (forgotten_sequence between 0 and last_sequence)
) with (fillfactor = 70);

alter table recipient enable row level security;
alter table recipient force row level security;
create policy recipient_of_the_caller on recipient to notifications_app
    using ((select nullif(current_setting('app.agency', true), '')::uuid) = agency_id);
create policy recipient_for_batches on recipient to notifications_worker using (true);

revoke insert, delete, truncate on recipient from notifications_app;
revoke delete, truncate on recipient from notifications_worker;

-- migrate:down
-- forward only
