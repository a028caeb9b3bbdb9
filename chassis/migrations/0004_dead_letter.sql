-- migrate:up

-- Events that a consumer could not take, with what a person needs to decide about them. Kept 30 days.
create table dead_letter (
    id bigint generated always as identity primary key,
    consumer text not null,
    source text not null,
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    position bigint not null,
    event_id uuid not null,
    key bytea not null,
    type text not null,
    event_time timestamptz,
    traceparent text,
    payload bytea not null check (octet_length(payload) <= 65536),
    payload_bytes integer not null,
    reason text not null,
    tries integer not null check (tries > 0),
    dead_letter_time timestamptz not null default clock_timestamp(),
    redrive_asked_time timestamptz,
    redriven_time timestamptz,
    discarded_time timestamptz,
    discard_reason text,
    check ((discarded_time is null) = (discard_reason is null)),
    unique (consumer, event_id)
);

create index dead_letter_open on dead_letter (consumer, reason, id)
    where redriven_time is null and discarded_time is null;

-- migrate:down
-- forward only
