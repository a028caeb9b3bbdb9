-- migrate:up

-- Which root key this database was written with: a fingerprint, so that another key is noticed at start.
create table root_key (
    only_row boolean primary key default true check (only_row),
    fingerprint bytea not null
);

revoke update, delete, truncate on root_key from intake_app, intake_worker;

-- migrate:down
-- forward only
