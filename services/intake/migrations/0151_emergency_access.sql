-- migrate:up

-- The holder of a referral asks to see more than the person's consent allows, because a life hangs on it. Somebody of
-- the side that registered the person, or an officer of the hub, allows it for a time, or does not.
create table emergency_access (
    emergency_access_id uuid primary key,
    referral_id uuid not null references need (referral_id),
    beneficiary_id uuid not null references beneficiary,
    agency_id uuid not null,
    owner_agency_id uuid not null,
    service_type text not null,
    asked_mask bigint not null check (asked_mask > 0),
    sealed_circumstances bytea not null,
    requested_by_principal_id uuid not null,
    acting_person text not null,
    requested_time timestamptz not null,
    state text not null default 'REQUESTED' check (state in ('REQUESTED', 'AUTHORISED', 'REFUSED')),
    authorised_mask bigint not null default 0,
    decided_by_principal_id uuid,
    decided_time timestamptz,
    valid_until_time timestamptz,
    check (decided_by_principal_id <> requested_by_principal_id),
    check ((state = 'REQUESTED') = (decided_by_principal_id is null)),
    check ((decided_by_principal_id is null) = (decided_time is null)),
    check ((state = 'AUTHORISED') = (valid_until_time is not null)),
    check (valid_until_time > decided_time),
    check ((state = 'AUTHORISED') = (authorised_mask > 0)),
    check (authorised_mask & ~asked_mask = 0)
);

create index emergency_access_asked on emergency_access (requested_time, emergency_access_id)
where state = 'REQUESTED';

alter table disclosure add column emergency_access_id uuid references emergency_access;
alter table disclosure add constraint disclosure_emergency
check ((kind = 'EMERGENCY') = (emergency_access_id is not null));

revoke update, delete, truncate on emergency_access from intake_app, intake_worker;
grant update (state, authorised_mask, decided_by_principal_id, decided_time, valid_until_time) on emergency_access
to intake_app;

alter table emergency_access enable row level security, force row level security;
create policy emergency_access_app on emergency_access to intake_app using (
    (select nullif(current_setting('app.agency', true), '')::uuid) in (agency_id, owner_agency_id)
    or (select current_setting('app.internal', true) = 'true')
) with check (
    (select nullif(current_setting('app.agency', true), '')::uuid) in (agency_id, owner_agency_id)
);
create policy emergency_access_officer on emergency_access to intake_app using (
    (select current_setting('app.officer', true) = 'true')
);
create policy emergency_access_worker on emergency_access to intake_worker using (true);

-- Whose person it is, told to nobody but the agency that holds the referral now.
create function owner_of_held_referral(referral uuid) returns uuid
language sql stable security definer set search_path from current
begin atomic
    select need.sender_agency_id from need join held_referral using (referral_id)
    where need.referral_id = referral and held_referral.closed_time is null
    and held_referral.agency_id = (select nullif(current_setting('app.agency', true), '')::uuid);
end;

revoke all on function owner_of_held_referral from public;
grant execute on function owner_of_held_referral to intake_app;

-- A holder's own words about the person are sealed under the person's key, as everybody's are.
create policy data_key_holder on data_key for select to intake_app using (
    key_class = 'sensitive'
    and exists (
        select from held_referral
        where held_referral.beneficiary_id = data_key.beneficiary_id and held_referral.closed_time is null
        and held_referral.agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    )
);

-- migrate:down
-- forward only
