-- migrate:up

-- The first answer to each request_id, so that a repeat does nothing twice. Kept 30 days.
create table request (
    principal_id uuid not null,
    request_id uuid not null,
    method text not null,
    hash bytea not null,
    response bytea not null default '',
    request_time timestamptz not null default clock_timestamp(),
    primary key (principal_id, request_id)
);

create index request_by_time on request using brin (request_time);

-- migrate:down
-- forward only
