-- migrate:up

-- What people ask by right of the hub itself. due_time is the first instant after the last day in Athens by which the
-- person must have an answer; what was asked and what was answered lies sealed under the person's own key.
create table rights_request (
    rights_request_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    agency_id uuid not null,
    asked_right text not null check (
        asked_right in ('ACCESS', 'CORRECTION', 'ERASURE', 'RESTRICTION', 'PORTABILITY', 'OBJECTION')
    ),
    asked_by text not null check (
        asked_by in ('SELF', 'PARENT', 'GUARDIAN', 'SPOUSE', 'LEGAL_REPRESENTATIVE', 'OTHER_PERSON')
    ),
    sealed_words bytea not null,
    registered_by_principal_id uuid not null,
    acting_person text not null,
    received_time timestamptz not null,
    registered_time timestamptz not null,
    due_time timestamptz not null,
    extension_ground text check (extension_ground in ('COMPLEXITY', 'NUMBER_OF_REQUESTS')),
    sealed_extension bytea,
    extended_by_principal_id uuid,
    extension_told_time timestamptz,
    answer text check (answer in ('FULFILLED', 'PARTLY_FULFILLED', 'REFUSED', 'TAKEN_BACK')),
    refusal_ground text,
    sealed_answer bytea,
    decided_by_principal_id uuid,
    answer_told_time timestamptz,
    answered_time timestamptz,
    check (registered_time >= received_time),
    check (due_time > received_time),
    check (num_nulls(extension_ground, extended_by_principal_id, extension_told_time) in (0, 3)),
    check (num_nulls(answer, decided_by_principal_id, answer_told_time, answered_time) in (0, 4)),
    check ((refusal_ground is not null) = coalesce(answer in ('REFUSED', 'PARTLY_FULFILLED'), false))
);

create index rights_request_open on rights_request (due_time, rights_request_id) where answer is null;
create index rights_request_by_due on rights_request (due_time, rights_request_id);
create index rights_request_of_person on rights_request (beneficiary_id, received_time);

revoke update, delete, truncate on rights_request from intake_app, intake_worker;
grant update (
    due_time, extension_ground, sealed_extension, extended_by_principal_id, extension_told_time,
    answer, refusal_ground, sealed_answer, decided_by_principal_id, answer_told_time, answered_time
) on rights_request to intake_app;

alter table rights_request enable row level security, force row level security;
create policy rights_request_app on rights_request to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy rights_request_officer on rights_request to intake_app using (
    (select current_setting('app.officer', true) = 'true')
);
create policy rights_request_worker on rights_request to intake_worker using (true);

-- migrate:down
-- forward only
