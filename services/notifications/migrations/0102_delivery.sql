-- migrate:up

-- A sign that something waits. Ids, codes and times only: what it is about is read from referral, which
-- decides at each read. No foreign key: sequences come from the recipient's locked row in the same statement.
create table delivery (
    recipient_id uuid not null,
    sequence bigint not null,
    delivery_id uuid not null,
    agency_id uuid not null,
    -- the event that it tells of
    event_id uuid not null,
    kind text not null,
    referral_id uuid not null,
    offer_id uuid,
    service_id uuid,
    urgency text check (urgency in ('EMERGENCY', 'URGENT', 'NORMAL')),
    respond_by_time timestamptz,
    event_time timestamptz not null,
    recorded_time timestamptz not null default clock_timestamp(),
    primary key (recipient_id, sequence),
    check (sequence > 0)
);

-- rows come in the order of their time, so a few pages of index find the old ones
create index delivery_by_age on delivery using brin (recorded_time) with (pages_per_range = 32, autosummarize = on);

alter table delivery enable row level security;
alter table delivery force row level security;
create policy delivery_of_the_caller on delivery to notifications_app
    using ((select nullif(current_setting('app.agency', true), '')::uuid) = agency_id);
create policy delivery_for_batches on delivery to notifications_worker using (true);

revoke insert, update, delete, truncate on delivery from notifications_app;
revoke update, truncate on delivery from notifications_worker;

-- migrate:down
-- forward only
