-- migrate:up

-- Where to look for an exact identifier: 12 bits of a keyed digest, so that a value is shared by many people
-- and the table alone tells of nobody. What it finds is opened and compared.
create table blind_index (
    field text not null check (field in ('CASE_CODE', 'PHONE', 'DOCUMENT', 'AMKA')),
    digest smallint not null check (digest between 0 and 4095),
    beneficiary_id uuid not null references beneficiary,
    registered_by_agency_id uuid not null,
    primary key (field, digest, beneficiary_id)
);

create index blind_index_by_beneficiary on blind_index (beneficiary_id);

alter table blind_index enable row level security;
alter table blind_index force row level security;
create policy own_agency on blind_index to intake_app using (
    registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy worker on blind_index to intake_worker using (true);
create policy functions_of_the_owner on blind_index to intake_owner using (true);

-- migrate:down
-- forward only
