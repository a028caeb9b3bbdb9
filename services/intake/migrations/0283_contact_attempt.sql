-- migrate:up

-- Tries to reach a person, by the agency that registered them (owner) or by the one that holds a referral of theirs. Which
-- address was used is kept nowhere; whether it was a safe one is decided when it is recorded.
create table contact_attempt (
    contact_attempt_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    referral_id uuid references need (referral_id),
    owner_agency_id uuid not null,
    agency_id uuid not null,
    by_holder boolean not null check (by_holder or agency_id = owner_agency_id),
    channel text not null check (channel in ('PHONE', 'EMAIL', 'TRUSTED_PERSON')),
    by_safe_channel boolean not null,
    result text not null check (result in ('REACHED', 'NOT_REACHED')),
    recorded_by_principal_id uuid not null,
    acting_person text not null,
    happened_time timestamptz not null,
    recorded_time timestamptz not null check (recorded_time >= happened_time),
    check (not by_holder or referral_id is not null)
);

create index contact_attempt_of_person on contact_attempt (beneficiary_id, happened_time, contact_attempt_id);
create index contact_attempt_of_referral on contact_attempt (referral_id, happened_time, contact_attempt_id)
where referral_id is not null;

revoke update, delete, truncate on contact_attempt from intake_app, intake_worker;

-- Whoever holds the referral now sees all tries for it, so that the last one can be asked for.
alter table contact_attempt enable row level security, force row level security;
create policy contact_attempt_app on contact_attempt to intake_app using (
    owner_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or exists (
        select from held_referral
        where held_referral.referral_id = contact_attempt.referral_id and held_referral.closed_time is null
        and held_referral.agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    )
    or (select current_setting('app.internal', true) = 'true')
) with check (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    and (
        exists (select from beneficiary where beneficiary.beneficiary_id = contact_attempt.beneficiary_id)
        or by_holder and exists (
            select from held_referral
            where held_referral.referral_id = contact_attempt.referral_id and held_referral.closed_time is null
            and held_referral.beneficiary_id = contact_attempt.beneficiary_id
            and held_referral.agency_id = contact_attempt.agency_id
        )
    )
);
create policy contact_attempt_worker on contact_attempt to intake_worker using (true);
create policy exports_of_the_owner on contact_attempt to intake_owner using (true);

-- migrate:down
-- forward only
