-- migrate:up

-- One row per person: ids, versions and times only. All that is about the person stands sealed in sealed_record.
-- Every command of intake locks this row first. It is never deleted: erased_time is the tombstone.
create table beneficiary (
    beneficiary_id uuid primary key,
    registered_by_agency_id uuid not null,
    origin text not null,
    version bigint not null default 1 check (version > 0),
    profile_version bigint not null default 1 check (profile_version > 0),
    registered_time timestamptz not null,
    updated_time timestamptz not null,
    erased_time timestamptz
);

revoke delete, truncate on beneficiary from intake_app, intake_worker;

-- An agency sees the people whom it registered; the hub's own services see all.
alter table beneficiary enable row level security;
alter table beneficiary force row level security;
create policy own_agency on beneficiary to intake_app using (
    registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy worker on beneficiary to intake_worker using (true);
create policy functions_of_the_owner on beneficiary to intake_owner using (true);

-- The number in a case code. A year has fewer people than numbers; gaps are harmless.
create sequence case_number maxvalue 999999 cycle;

-- migrate:down
-- forward only
