-- migrate:up

-- What is known of a person, one sealed piece per category: 12 bytes of nonce, then AES-256-GCM with its tag,
-- bound to person, category, version and key. PROFILE and PLACE are the vault's own and are never disclosed.
create table sealed_record (
    beneficiary_id uuid not null references beneficiary,
    category text not null,
    version bigint not null,
    key_id uuid not null,
    ciphertext bytea not null check (octet_length(ciphertext) >= 28),
    registered_by_agency_id uuid not null,
    primary key (beneficiary_id, category)
);

alter table sealed_record enable row level security;
alter table sealed_record force row level security;
create policy own_agency on sealed_record to intake_app using (
    registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy worker on sealed_record to intake_worker using (true);
create policy functions_of_the_owner on sealed_record to intake_owner using (true);

-- migrate:down
-- forward only
