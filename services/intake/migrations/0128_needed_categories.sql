-- migrate:up

-- What a service type needs after acceptance, where a data protection officer has set it; else the code list's own.
-- A projection of kem.directory.v1: only the worker writes it. version is the last fact that it follows.
create table needed_categories (
    service_type text primary key,
    mask bigint not null check (mask >= 0),
    version bigint not null
);

revoke insert, update, delete, truncate on needed_categories from intake_app;
revoke delete, truncate on needed_categories from intake_worker;

-- migrate:down
-- forward only
