-- migrate:up

-- What an erasure has destroyed, as a certificate that holds no personal data. It is written once, with the erasure.
create table erasure (
    certificate_id uuid primary key,
    rights_request_id uuid not null unique references rights_request,
    agency_id uuid not null,
    decided_by_principal_id uuid not null,
    identity_proof text not null check (identity_proof in ('DOCUMENT_SEEN', 'KNOWN_PERSONALLY', 'SAFE_CHANNEL')),
    document text not null,
    document_sha256 bytea not null check (document_sha256 = sha256(convert_to(document, 'UTF8'))),
    erased_time timestamptz not null
);

revoke update, delete, truncate on erasure from intake_app, intake_worker;

alter table erasure enable row level security, force row level security;
create policy erasure_app on erasure for select to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
);
create policy erasure_officer on erasure to intake_app using (
    (select current_setting('app.officer', true) = 'true')
);
create policy erasure_worker on erasure to intake_worker using (true);

-- migrate:down
-- forward only
