-- migrate:up

-- Complaints, also by somebody who does not say who they are. The agency that a complaint is about never sees it, whoever
-- registered it. Words of a person on record are sealed under their own key, others under a key of the complaint's own
-- that is derived from the root key.
create table complaint (
    complaint_id uuid primary key,
    kind text not null check (kind in ('DATA', 'HELP', 'TREATMENT', 'ABUSE', 'OTHER_COMPLAINT')),
    accused_agency_id uuid,
    registered_by_agency_id uuid,
    beneficiary_id uuid references beneficiary,
    sealed_words bytea not null,
    registered_by_principal_id uuid not null,
    acting_person text not null,
    received_time timestamptz not null,
    registered_time timestamptz not null,
    due_time timestamptz not null,
    finding text check (finding in ('UPHELD', 'PARTLY_UPHELD', 'NOT_UPHELD', 'NOT_ESTABLISHED')),
    sealed_answer bytea,
    answered_by_principal_id uuid,
    person_told_time timestamptz,
    answered_time timestamptz,
    check (registered_time >= received_time),
    check (due_time > received_time),
    check (num_nulls(finding, answered_by_principal_id, answered_time) in (0, 3)),
    check (person_told_time is null or finding is not null),
    check (finding is null or beneficiary_id is null or person_told_time is not null)
);

create index complaint_open on complaint (due_time, complaint_id) where finding is null;
create index complaint_by_due on complaint (due_time, complaint_id);

revoke update, delete, truncate on complaint from intake_app, intake_worker;
grant update (finding, sealed_answer, answered_by_principal_id, person_told_time, answered_time) on complaint to intake_app;

alter table complaint enable row level security, force row level security;
create policy complaint_registered on complaint for insert to intake_app with check (
    registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
);
create policy complaint_registrar on complaint for select to intake_app using (
    registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    and accused_agency_id is distinct from (select nullif(current_setting('app.agency', true), '')::uuid)
);
create policy complaint_officer on complaint to intake_app using (
    (select current_setting('app.officer', true) = 'true')
);
create policy complaint_worker on complaint to intake_worker using (true);

-- migrate:down
-- forward only
