-- migrate:up

-- What was said by telephone is a disclosure as well. Who said it acts for another agency than the one that was told:
-- the row is theirs too. Such a row rests on what held when it was said, not when it was entered.
alter table disclosure add column told_by_agency_id uuid;
alter table disclosure add constraint disclosure_told_by check ((kind = 'VERBAL') = (told_by_agency_id is not null));

create policy disclosure_teller on disclosure to intake_app using (
    told_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
);

-- A case passed on by telephone: the row of disclosure says what was told to whom and on what it rested. Whom the
-- caller spoke to, and what made it necessary, lie sealed under the person's own key.
create table handover (
    disclosure_id uuid primary key references disclosure,
    told_by_agency_id uuid not null,
    answer text not null check (answer in ('TAKEN', 'NOT_TAKEN')),
    sealed_spoken_to bytea not null,
    sealed_circumstances bytea,
    happened_time timestamptz not null,
    recorded_time timestamptz not null,
    check (recorded_time >= happened_time)
);

-- What was given without the person's consent because a life hung on it, to be looked at by somebody who had no part
-- in it. subject_id is the disclosure or the emergency access; involved_principal_ids are those who may not review it.
create table emergency_review (
    subject_id uuid primary key,
    kind text not null check (kind in ('HANDOVER', 'EMERGENCY_ACCESS')),
    referral_id uuid not null references need (referral_id),
    beneficiary_id uuid not null references beneficiary,
    owner_agency_id uuid not null,
    recipient_agency_id uuid not null,
    involved_principal_ids uuid[] not null check (cardinality(involved_principal_ids) > 0),
    opened_time timestamptz not null,
    due_time timestamptz not null check (due_time > opened_time),
    finding text check (finding in ('JUSTIFIED', 'NOT_JUSTIFIED')),
    sealed_words bytea,
    reviewed_by_principal_id uuid,
    reviewed_time timestamptz,
    check (reviewed_by_principal_id <> all(involved_principal_ids)),
    check (num_nulls(finding, sealed_words, reviewed_by_principal_id, reviewed_time) in (0, 4))
);

create index emergency_review_open on emergency_review (due_time, subject_id) where finding is null;

revoke update, delete, truncate on handover, emergency_review from intake_app, intake_worker;
grant update (finding, sealed_words, reviewed_by_principal_id, reviewed_time) on emergency_review to intake_app;

alter table handover enable row level security, force row level security;
alter table emergency_review enable row level security, force row level security;

create policy handover_app on handover to intake_app using (
    told_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy handover_worker on handover to intake_worker using (true);

create policy emergency_review_app on emergency_review to intake_app using (
    owner_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy emergency_review_worker on emergency_review to intake_worker using (true);

-- An officer of the hub (data protection, safeguarding) acts for no agency: the use case says so by app.officer, once
-- it has seen the role. They review what was given of anybody, and read and write the words about it.
create policy emergency_review_officer on emergency_review to intake_app using (
    (select current_setting('app.officer', true) = 'true')
);
create policy handover_officer on handover for select to intake_app using (
    (select current_setting('app.officer', true) = 'true')
);
create policy disclosure_officer on disclosure for select to intake_app using (
    (select current_setting('app.officer', true) = 'true')
);
create policy data_key_officer on data_key for select to intake_app using (
    (select current_setting('app.officer', true) = 'true')
);

-- migrate:down
-- forward only
