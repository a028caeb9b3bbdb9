-- migrate:up

-- The law obliges somebody to tell an authority. That is neither a referral nor consent, and it is not asked for.
create table authority_notification (
    authority_notification_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    agency_id uuid not null,
    authority text not null,
    legal_basis text not null default 'LEGAL_OBLIGATION' check (legal_basis = 'LEGAL_OBLIGATION'),
    legal_reference text not null check (legal_reference <> ''),
    protocol_number text not null check (protocol_number <> ''),
    told_mask bigint not null check (told_mask > 0),
    sealed_words bytea not null,
    decided_by_principal_id uuid not null,
    recorded_by_principal_id uuid not null,
    acting_person text not null,
    person_told_time timestamptz,
    not_told_reason text,
    happened_time timestamptz not null,
    recorded_time timestamptz not null,
    check ((person_told_time is null) = (not_told_reason is not null)),
    check (recorded_time >= happened_time)
);

create index authority_notification_by_time
on authority_notification (recorded_time desc, authority_notification_id desc);

-- The police, a court or a ministry ask for somebody's data. Refused as long as no data protection officer has decided
-- otherwise: a request nobody looked at gives nothing.
create table compelled_request (
    compelled_request_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    agency_id uuid not null,
    authority text not null,
    legal_reference text not null check (legal_reference <> ''),
    protocol_number text not null check (protocol_number <> ''),
    asked_mask bigint not null check (asked_mask > 0),
    sealed_words bytea not null,
    registered_by_principal_id uuid not null,
    acting_person text not null,
    received_time timestamptz not null,
    registered_time timestamptz not null,
    state text not null default 'REFUSED' check (state in ('REFUSED', 'ALLOWED')),
    allowed_mask bigint not null default 0,
    sealed_grounds bytea,
    decided_by_principal_id uuid,
    decided_time timestamptz,
    check (num_nulls(sealed_grounds, decided_by_principal_id, decided_time) in (0, 3)),
    check (state = 'REFUSED' or decided_by_principal_id is not null),
    check ((state = 'ALLOWED') = (allowed_mask > 0)),
    check (allowed_mask & ~asked_mask = 0),
    check (registered_time >= received_time)
);

create index compelled_request_by_time on compelled_request (registered_time desc, compelled_request_id desc);

-- What was given so went to an authority: to no agency, and for no referral.
alter table disclosure
alter column referral_id drop not null,
alter column agency_id drop not null,
add column compelled_request_id uuid references compelled_request;
alter table disclosure
add constraint disclosure_compelled check ((kind = 'COMPELLED') = (compelled_request_id is not null)),
add constraint disclosure_recipient check (
    kind = 'COMPELLED' or (referral_id is not null and agency_id is not null)
);

revoke update, delete, truncate on authority_notification, compelled_request from intake_app, intake_worker;
grant update (state, allowed_mask, sealed_grounds, decided_by_principal_id, decided_time) on compelled_request
to intake_app;

alter table authority_notification enable row level security, force row level security;
alter table compelled_request enable row level security, force row level security;

create policy authority_notification_app on authority_notification to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy authority_notification_officer on authority_notification for select to intake_app using (
    (select current_setting('app.officer', true) = 'true')
);
create policy authority_notification_worker on authority_notification to intake_worker using (true);

create policy compelled_request_app on compelled_request to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy compelled_request_officer on compelled_request to intake_app using (
    (select current_setting('app.officer', true) = 'true')
);
create policy compelled_request_worker on compelled_request to intake_worker using (true);
create policy functions_of_the_owner on compelled_request to intake_owner using (true);

-- An officer of the hub reads a person's records only where they have decided that an authority is given some.
create policy sealed_record_officer on sealed_record for select to intake_app using (
    (select current_setting('app.officer', true) = 'true')
    and exists (
        select from compelled_request
        where compelled_request.beneficiary_id = sealed_record.beneficiary_id and compelled_request.state = 'ALLOWED'
    )
);
create policy beneficiary_officer on beneficiary for select to intake_app using (
    (select current_setting('app.officer', true) = 'true')
    and exists (
        select from compelled_request
        where compelled_request.beneficiary_id = beneficiary.beneficiary_id and compelled_request.state = 'ALLOWED'
    )
);
create policy disclosure_compelled on disclosure for insert to intake_app with check (
    kind = 'COMPELLED' and (select current_setting('app.officer', true) = 'true')
);

-- Keeps the person as they are while an authority is given something.
create function hold_person_compelled(request uuid) returns table (is_erased boolean)
language sql volatile security definer set search_path from current
begin atomic
    select beneficiary.erased_time is not null
    from beneficiary join compelled_request using (beneficiary_id)
    where compelled_request.compelled_request_id = request
    and (select current_setting('app.officer', true) = 'true')
    for share of beneficiary;
end;

revoke all on function hold_person_compelled from public;
grant execute on function hold_person_compelled to intake_app;

-- migrate:down
-- forward only
