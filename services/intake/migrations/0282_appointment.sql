-- migrate:up

-- Agreed times between people and providers, as they stand now. Where they meet lies sealed under the person's own key.
create table appointment (
    appointment_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    agency_id uuid not null,
    referral_id uuid references need (referral_id),
    with_agency_id uuid not null,
    service_id uuid,
    start_time timestamptz not null,
    sealed_place bytea,
    state text not null default 'BOOKED' check (state in ('BOOKED', 'CANCELLED', 'ATTENDED', 'NO_SHOW')),
    cancel_reason text,
    booked_by_principal_id uuid not null,
    acting_person text not null,
    booked_time timestamptz not null,
    changed_by_principal_id uuid,
    changed_time timestamptz check (changed_time >= booked_time),
    check ((state = 'CANCELLED') = (cancel_reason is not null)),
    check ((changed_time is null) = (changed_by_principal_id is null)),
    check (state = 'BOOKED' or changed_time is not null)
);

create index appointment_of_person on appointment (beneficiary_id, start_time, appointment_id);
create index appointment_of_day on appointment (agency_id, start_time, appointment_id);

revoke update, delete, truncate on appointment from intake_app, intake_worker;
grant update (start_time, sealed_place, state, cancel_reason, changed_by_principal_id, changed_time) on appointment to intake_app;

alter table appointment enable row level security, force row level security;
create policy appointment_app on appointment to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
) with check (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    and exists (select from beneficiary where beneficiary.beneficiary_id = appointment.beneficiary_id)
);
create policy appointment_worker on appointment to intake_worker using (true);
create policy exports_of_the_owner on appointment to intake_owner using (true);

-- What became of each, in order; nothing of it is ever changed.
create table appointment_change (
    appointment_id uuid not null references appointment,
    sequence integer not null check (sequence > 0),
    state text not null check (state in ('BOOKED', 'CANCELLED', 'ATTENDED', 'NO_SHOW')),
    start_time timestamptz not null,
    changed_by_principal_id uuid not null,
    acting_person text not null,
    changed_time timestamptz not null,
    primary key (appointment_id, sequence)
);

revoke update, delete, truncate on appointment_change from intake_app, intake_worker;

alter table appointment_change enable row level security, force row level security;
create policy appointment_change_app on appointment_change to intake_app using (
    exists (select from appointment where appointment.appointment_id = appointment_change.appointment_id)
);
create policy appointment_change_worker on appointment_change to intake_worker using (true);

-- migrate:down
-- forward only
