-- migrate:up

-- Every release of fields to an agency, and every refusal: what was asked, what was given, and on what it rested.
create table disclosure (
    disclosure_id uuid primary key,
    request_id uuid not null,
    outcome text not null check (outcome in ('GIVEN', 'REFUSED')),
    kind text not null default 'PULLED' check (kind in ('PULLED', 'VERBAL', 'EMERGENCY', 'COMPELLED')),
    refusal_reason text not null default '',
    referral_id uuid not null,
    need_id uuid references need,
    beneficiary_id uuid references beneficiary,
    agency_id uuid not null,
    principal_id uuid not null,
    acting_person text not null,
    offer_id uuid,
    for_assessment boolean not null default false,
    purpose text,
    legal_bases text[] not null default '{}',
    asked_mask bigint not null check (asked_mask >= 0),
    given_mask bigint not null check (given_mask >= 0),
    cell_ids uuid[] not null default '{}',
    consent_event_ids uuid[] not null default '{}',
    agreement_version integer,
    disclosed_time timestamptz not null,
    unique (principal_id, request_id, outcome, refusal_reason),
    check (given_mask & ~asked_mask = 0),
    check ((outcome = 'GIVEN') = (refusal_reason = '')),
    check (outcome = 'REFUSED' or (beneficiary_id is not null and given_mask > 0)),
    check (outcome = 'GIVEN' or given_mask = 0)
);

create index disclosure_of_person on disclosure (beneficiary_id, disclosed_time);
create index disclosure_of_referral on disclosure (referral_id);

revoke update, delete, truncate on disclosure from intake_app, intake_worker;

alter table disclosure enable row level security, force row level security;
create policy disclosure_app on disclosure to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy disclosure_worker on disclosure to intake_worker using (true);

-- migrate:down
-- forward only
