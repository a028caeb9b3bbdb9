-- migrate:up

-- A person's keys, one per class, wrapped by the key of an epoch that lives outside this database. While an
-- epoch is rolled the same key (key_id) may stand here under two of them. Deleting the rows erases the person.
create table data_key (
    beneficiary_id uuid not null references beneficiary,
    key_class text not null check (key_class in ('core', 'contact', 'sensitive', 'child')),
    epoch integer not null,
    key_id uuid not null,
    wrapped bytea not null,
    registered_by_agency_id uuid not null,
    primary key (beneficiary_id, key_class, epoch)
);

create index data_key_by_epoch on data_key (epoch);

alter table data_key enable row level security;
alter table data_key force row level security;
create policy own_agency on data_key to intake_app using (
    registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy worker on data_key to intake_worker using (true);
create policy functions_of_the_owner on data_key to intake_owner using (true);

-- migrate:down
-- forward only
