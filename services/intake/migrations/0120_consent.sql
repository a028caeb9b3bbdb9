-- migrate:up

-- Consent as it was given. Nothing here is ever changed: what becomes of it stands in consent_event.
-- Fields after W3C DPV's guide to ISO/IEC TS 27560. What could name somebody (witness, interpreter, authority,
-- place, safe-contact rule) lies in sealed_details, under the person's own key.
create table consent (
    consent_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    receipt_id uuid not null unique,
    record_schema text not null,
    obtained_by_agency_id uuid not null,
    obtained_by_principal_id uuid not null,
    notice_version text not null,
    notice_language text not null,
    notice_sha256 bytea not null check (octet_length(notice_sha256) = 32),
    spoken_language text not null,
    method text not null check (method in ('WRITTEN', 'VERBAL_WITNESSED', 'THUMBPRINT', 'RECORDED')),
    given_by text not null check (given_by in ('SELF', 'PARENT', 'GUARDIAN', 'LEGAL_REPRESENTATIVE')),
    with_interpreter boolean not null,
    interpreter_mode text,
    read_aloud boolean not null,
    understanding_checked boolean not null,
    child_assents boolean not null,
    child_age_band text,
    authority_expires_date date,
    evidence_sha256 bytea check (octet_length(evidence_sha256) = 32),
    sealed_details bytea,
    valid_from_time timestamptz not null,
    valid_until_time timestamptz not null,
    happened_time timestamptz not null,
    recorded_time timestamptz not null,
    check (valid_until_time > valid_from_time),
    check (valid_until_time <= valid_from_time + interval '12 months')
);

create index consent_of_person on consent (beneficiary_id, recorded_time);

-- The lines of a record: one agency and one purpose each, never "partners". Named exclusions are denials.
create table consent_grant (
    consent_id uuid not null references consent,
    line integer not null check (line > 0),
    obtained_by_agency_id uuid not null,
    agency_id uuid not null,
    purpose text not null,
    categories bigint not null check (categories > 0),
    legal_basis text not null,
    effect text not null check (effect in ('PERMIT', 'DENY')),
    is_safety_critical boolean not null default false,
    primary key (consent_id, line)
);

-- What happened to a person's consent, in order and without gaps. GIVEN and RENEWED name their record;
-- WITHDRAWN without an agency is the whole. The cells are compiled from these rows and from nothing else.
create table consent_event (
    consent_event_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    sequence integer not null check (sequence > 0),
    state text not null check (state in ('UNKNOWN', 'REQUESTED', 'DEFERRED', 'REFUSED', 'GIVEN', 'RENEWED',
                                         'WITHDRAWN', 'EXPIRED', 'TERMINATED', 'INVALIDATED')),
    consent_id uuid references consent,
    agency_id uuid,
    by_agency_id uuid not null,
    by_principal_id uuid not null,
    acting_person text not null default '',
    happened_time timestamptz not null,
    recorded_time timestamptz not null,
    unique (beneficiary_id, sequence),
    check (state not in ('GIVEN', 'RENEWED') or consent_id is not null)
);

-- What the events compile to: what an agency may see, or must never see, for a purpose. Dropping these rows and
-- compiling again gives the same rows. A cell is never deleted; it ends by its period or by withdrawn_time.
create table grant_cell (
    cell_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    agency_id uuid not null,
    purpose text not null,
    legal_basis text not null,
    effect text not null check (effect in ('PERMIT', 'DENY')),
    categories bigint not null check (categories > 0),
    valid_from_time timestamptz not null,
    valid_until_time timestamptz not null,
    consent_id uuid not null references consent,
    consent_event_id uuid not null references consent_event,
    by_agency_id uuid not null,
    withdrawn_time timestamptz,
    withdrawn_event_id uuid references consent_event,
    unique (consent_event_id, agency_id, purpose, legal_basis, effect),
    check (valid_until_time > valid_from_time),
    check ((withdrawn_time is null) = (withdrawn_event_id is null))
);

create index grant_cell_open on grant_cell (beneficiary_id, agency_id, purpose) where withdrawn_time is null;

revoke update, delete, truncate on consent, consent_grant, consent_event from intake_app, intake_worker;
revoke update, delete, truncate on grant_cell from intake_app, intake_worker;
grant update (withdrawn_time, withdrawn_event_id) on grant_cell to intake_app, intake_worker;

-- An agency sees the consent that it obtained itself. Of other people's it sees only its own cells.
alter table consent enable row level security, force row level security;
alter table consent_grant enable row level security, force row level security;
alter table consent_event enable row level security, force row level security;
alter table grant_cell enable row level security, force row level security;

create policy consent_app on consent to intake_app using (
    obtained_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy consent_worker on consent to intake_worker using (true);

create policy consent_grant_app on consent_grant to intake_app using (
    obtained_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy consent_grant_worker on consent_grant to intake_worker using (true);

create policy consent_event_app on consent_event to intake_app using (
    by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy consent_event_worker on consent_event to intake_worker using (true);

create policy grant_cell_app on grant_cell to intake_app using (
    (select nullif(current_setting('app.agency', true), '')::uuid) in (agency_id, by_agency_id)
    or (select current_setting('app.internal', true) = 'true')
) with check (
    by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy grant_cell_worker on grant_cell to intake_worker using (true);

-- migrate:down
-- forward only
