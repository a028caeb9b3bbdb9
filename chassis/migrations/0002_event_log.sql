-- migrate:up

-- Every fact of this service in one order without gaps. Positions are the cursor for lag, replay and the
-- ledger's completeness, so nothing here is ever changed or taken out.
create table event_log (
    position bigint primary key,
    event_id uuid not null unique,
    topic text not null,
    partition integer not null,
    key uuid not null,
    aggregate_id uuid not null,
    aggregate_version bigint not null,
    type text not null,
    event_time timestamptz not null,
    payload bytea not null,
    traceparent text,
    tracestate text
);

create index event_log_by_partition on event_log (topic, partition, position);

-- One row: how far positions are given out, and how far the broker has acknowledged them.
create table publication (
    only_row boolean primary key default true check (only_row),
    logged_position bigint not null default 0,
    position bigint not null default 0,
    check (position <= logged_position)
);

insert into publication default values;

do $$
declare
    login text;
begin
    foreach login in array array[current_schema() || '_app', current_schema() || '_worker'] loop
        if exists (select from pg_roles where rolname = login) then
            execute format('revoke update, delete, truncate on event_log from %I', login);
            execute format('revoke insert, delete, truncate on publication from %I', login);
        end if;
    end loop;
end
$$;

-- migrate:down
-- forward only
