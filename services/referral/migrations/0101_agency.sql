-- migrate:up

-- Member organisations. Public knowledge, hence no row-level security.
create table agency (
    agency_id uuid primary key,
    code text not null unique,
    name_el text not null,
    name_en text not null,
    committees text[] not null default '{}',
    sample boolean not null default false,
    version bigint not null default 1,
    saved_time timestamptz not null default clock_timestamp()
);

-- Sharing agreements as intake tells them (AgreementChanged). An agreement may arrive before its agency.
create table agreement (
    agency_id uuid primary key,
    valid_from_time timestamptz not null,
    valid_until_time timestamptz not null,
    version bigint not null
);

-- migrate:down
-- forward only
