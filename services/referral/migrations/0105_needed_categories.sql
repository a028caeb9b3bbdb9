-- migrate:up

-- What a service type needs after acceptance, where a data protection officer has set it; else the type's own.
create table needed_categories (
    service_type text primary key,
    mask bigint not null check (mask >= 0),
    version bigint not null default 1,
    set_time timestamptz not null default clock_timestamp(),
    set_by uuid not null
);

-- migrate:down
-- forward only
