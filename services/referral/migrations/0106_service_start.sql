-- migrate:up

-- How long people waited from the record of a need to the begin of the service.
create table service_start (
    service_id uuid not null references service,
    sector text not null,
    waited_seconds double precision not null check (waited_seconds >= 0),
    recorded_time timestamptz not null
);

create index service_start_by_service on service_start (service_id, recorded_time desc);
create index service_start_by_time on service_start using brin (recorded_time);

-- What matching reads of it; a timer brings it up to date.
create table service_start_statistics (
    service_id uuid primary key references service,
    sector text not null,
    cases integer not null,
    median_seconds double precision not null
);

create table sector_start_statistics (
    sector text primary key,
    cases integer not null,
    mean_seconds double precision not null
);

create table service_start_progress (
    only_row boolean primary key default true check (only_row),
    counted_until_time timestamptz not null
);

insert into service_start_progress (counted_until_time) values ('-infinity');

-- migrate:down
-- forward only
