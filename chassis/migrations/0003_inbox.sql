-- migrate:up

-- What a consumer has seen. It lives as long as the event log, which may be sent again from any position.
create table inbox (
    consumer text not null,
    event_id uuid not null,
    primary key (consumer, event_id)
);

-- How far a consumer's commits reach, per sending service and partition: where a replay begins.
create table consumer_progress (
    consumer text not null,
    source text not null,
    topic text not null,
    partition integer not null,
    position bigint not null,
    primary key (consumer, source, topic, partition)
);

-- migrate:down
-- forward only
