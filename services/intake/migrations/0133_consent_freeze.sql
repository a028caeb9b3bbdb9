-- migrate:up

-- While somebody doubts whoever decides for a person, nothing is given on consent. A freeze opens and closes nothing:
-- cells stay what was signed, and count again once it is lifted.
create table consent_freeze (
    consent_freeze_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    frozen_by_agency_id uuid not null,
    frozen_by_principal_id uuid not null,
    frozen_time timestamptz not null,
    sealed_words bytea not null,
    lifted_by_principal_id uuid,
    lifted_time timestamptz check (lifted_time >= frozen_time),
    sealed_lifting_words bytea,
    check (num_nulls(lifted_by_principal_id, lifted_time, sealed_lifting_words) in (0, 3))
);

create unique index consent_freeze_open on consent_freeze (beneficiary_id) where lifted_time is null;
create index consent_freeze_of_person on consent_freeze (beneficiary_id, frozen_time);

revoke update, delete, truncate on consent_freeze from intake_app, intake_worker;
grant update (lifted_by_principal_id, lifted_time, sealed_lifting_words) on consent_freeze to intake_app;

alter table consent_freeze enable row level security, force row level security;
create policy consent_freeze_app on consent_freeze to intake_app using (
    frozen_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy consent_freeze_worker on consent_freeze to intake_worker using (true);
create policy functions_of_the_owner on consent_freeze to intake_owner using (true);

-- Both functions of 0125 and 0130 answer one thing more: whether consent is frozen.
drop function hold_referral_still(uuid, uuid);
drop function hold_person_still(uuid, uuid);

create function hold_person_still(person uuid, referral uuid)
returns table (is_erased boolean, is_need_withdrawn boolean, is_consent_frozen boolean)
language sql volatile security definer set search_path from current
begin atomic
    select from beneficiary where beneficiary.beneficiary_id = person for share;
    select beneficiary.erased_time is not null, need.withdrawn_time is not null,
        exists (
            select from consent_freeze
            where consent_freeze.beneficiary_id = person and consent_freeze.lifted_time is null
        )
    from beneficiary
    join need on need.beneficiary_id = beneficiary.beneficiary_id
    where beneficiary.beneficiary_id = person and need.referral_id = referral;
end;

create function hold_referral_still(referral uuid, holder uuid)
returns table (
    referral_id uuid, referral_version bigint, need_id uuid, beneficiary_id uuid, service_type text, agency_id uuid,
    offer_id uuid, for_assessment boolean, opened_time timestamptz, closed_time timestamptz,
    is_erased boolean, is_need_withdrawn boolean, is_consent_frozen boolean
)
language plpgsql volatile set search_path from current as $$
#variable_conflict use_column
declare
    person uuid;
    gone boolean;
    taken_back boolean;
    frozen boolean;
begin
    select held.beneficiary_id into person from held_referral as held
    where held.referral_id = referral and held.agency_id = holder and held.closed_time is null;
    if not found then
        return;
    end if;
    select still.is_erased, still.is_need_withdrawn, still.is_consent_frozen into gone, taken_back, frozen
    from hold_person_still(person, referral) as still;
    return query
    select held.referral_id, held.referral_version, held.need_id, held.beneficiary_id, held.service_type,
        held.agency_id, held.offer_id, held.for_assessment, held.opened_time, held.closed_time,
        coalesce(gone, true), coalesce(taken_back, false), coalesce(frozen, true)
    from held_referral as held
    where held.referral_id = referral
    for share;
end
$$;

revoke all on function hold_person_still, hold_referral_still from public;
grant execute on function hold_person_still, hold_referral_still to intake_app, intake_worker;

-- migrate:down
-- forward only
