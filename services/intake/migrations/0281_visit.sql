-- migrate:up

-- Times of people at the desk. What was explained, in which language and through whom lies sealed under the person's own key:
-- it may tell what troubles them.
create table visit (
    visit_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    agency_id uuid not null,
    recorded_by_principal_id uuid not null,
    acting_person text not null,
    sealed_content bytea not null,
    happened_time timestamptz not null,
    recorded_time timestamptz not null check (recorded_time >= happened_time)
);

create index visit_of_person on visit (beneficiary_id, happened_time, visit_id);

revoke update, delete, truncate on visit from intake_app, intake_worker;

-- By the agency that registered the person: row-level security of beneficiary says which people those are.
alter table visit enable row level security, force row level security;
create policy visit_app on visit to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
) with check (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    and exists (select from beneficiary where beneficiary.beneficiary_id = visit.beneficiary_id)
);
create policy visit_worker on visit to intake_worker using (true);
create policy exports_of_the_owner on visit to intake_owner using (true);

-- migrate:down
-- forward only
