-- migrate:up

-- What a commit has to tell. Writers only insert; the relay's leader moves rows on to event_log.
create table outbox (
    id bigint generated always as identity primary key,
    event_id uuid not null,
    topic text not null,
    key uuid not null,
    aggregate_id uuid not null,
    aggregate_version bigint not null,
    type text not null,
    event_time timestamptz not null,
    payload bytea not null check (octet_length(payload) <= 65536),
    traceparent text,
    tracestate text
);

-- migrate:down
-- forward only
