-- migrate:up

-- Who holds which referral, as far as kem.referral.v1 has told: opened by an acceptance, closed by a return or a
-- final state. A projection: only the worker writes it. referral_version is the last fact that it follows.
create table held_referral (
    referral_id uuid primary key references need (referral_id),
    need_id uuid not null references need,
    beneficiary_id uuid not null references beneficiary,
    referral_version bigint not null,
    agency_id uuid,
    offer_id uuid,
    purpose text,
    needed_mask bigint not null default 0 check (needed_mask >= 0),
    for_assessment boolean not null default false,
    is_restricted boolean not null default false,
    opened_time timestamptz,
    closed_time timestamptz,
    check ((agency_id is null) = (opened_time is null)),
    check (agency_id is not null or closed_time is not null)
);

create index held_referral_of_person on held_referral (beneficiary_id, agency_id) where closed_time is null;

revoke insert, delete, truncate on held_referral from intake_app;
revoke delete, truncate on held_referral from intake_worker;
revoke update on held_referral from intake_app;
-- a lock needs the right to change one column; the policy below lets no change through
grant update (closed_time) on held_referral to intake_app;

alter table held_referral enable row level security, force row level security;
create policy held_referral_app on held_referral to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
) with check (false);
create policy held_referral_worker on held_referral to intake_worker using (true);
create policy functions_of_the_owner on held_referral to intake_owner using (true);
create policy functions_of_the_owner on need to intake_owner using (true);

-- An agency that holds a referral of a person whom somebody else registered reaches past its own rows by these
-- two doors only: to keep the person's row still while it is given something, and to learn whether an acceptance
-- that has not arrived can arrive at all.
create function hold_person_still(person uuid) returns table (is_erased boolean)
language sql volatile security definer set search_path from current
begin atomic
    select beneficiary.erased_time is not null from beneficiary
    where beneficiary.beneficiary_id = person for share;
end;

create function acceptance_may_arrive(referral uuid) returns boolean
language sql stable security definer set search_path from current
begin atomic
    select exists (select from need where need.referral_id = referral)
        and not exists (select from held_referral where held_referral.referral_id = referral);
end;

revoke all on function hold_person_still, acceptance_may_arrive from public;
grant execute on function hold_person_still, acceptance_may_arrive to intake_app, intake_worker;

-- migrate:down
-- forward only
