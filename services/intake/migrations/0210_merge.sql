-- migrate:up

-- Two records that were found to be one person's: the merged one points to the kept one. No row of either is changed by
-- it, so un-merging brings both back as they were. Why, in words, lies sealed under the merged record's own key.
create table beneficiary_merge (
    merge_id uuid primary key,
    merged_beneficiary_id uuid not null references beneficiary,
    kept_beneficiary_id uuid not null references beneficiary,
    agency_id uuid not null,
    sealed_words bytea not null,
    merged_by_principal_id uuid not null,
    acting_person text not null,
    merged_time timestamptz not null,
    sealed_unmerge_words bytea,
    unmerged_by_principal_id uuid,
    unmerge_acting_person text,
    unmerged_time timestamptz check (unmerged_time >= merged_time),
    check (merged_beneficiary_id <> kept_beneficiary_id),
    check (num_nulls(sealed_unmerge_words, unmerged_by_principal_id, unmerge_acting_person, unmerged_time) in (0, 4))
);

create unique index beneficiary_merge_open on beneficiary_merge (merged_beneficiary_id) where unmerged_time is null;
create index beneficiary_merge_of_merged on beneficiary_merge (merged_beneficiary_id, merged_time);
create index beneficiary_merge_of_kept on beneficiary_merge (kept_beneficiary_id, merged_time);

revoke update, delete, truncate on beneficiary_merge from intake_app, intake_worker;
grant update (sealed_unmerge_words, unmerged_by_principal_id, unmerge_acting_person, unmerged_time)
on beneficiary_merge to intake_app;

-- An agency merges people whom it registered itself: row-level security of beneficiary says which they are.
alter table beneficiary_merge enable row level security, force row level security;
create policy beneficiary_merge_app on beneficiary_merge to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
) with check (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    and exists (select from beneficiary where beneficiary.beneficiary_id = beneficiary_merge.merged_beneficiary_id)
    and exists (select from beneficiary where beneficiary.beneficiary_id = beneficiary_merge.kept_beneficiary_id)
);
create policy beneficiary_merge_worker on beneficiary_merge to intake_worker using (true);
create policy functions_of_the_owner on beneficiary_merge to intake_owner using (true);

-- The other records of the same person, and since and until when they were seen as one (null: they still are): the one
-- that it was merged into (other_is_kept), those merged into it, and those merged into the same one.
create view same_person with (security_invoker = true) as
select
    merge.merged_beneficiary_id as beneficiary_id,
    merge.kept_beneficiary_id as other_id,
    true as other_is_kept,
    merge.merged_time,
    merge.unmerged_time
from beneficiary_merge as merge
union all
select merge.kept_beneficiary_id, merge.merged_beneficiary_id, false, merge.merged_time, merge.unmerged_time
from beneficiary_merge as merge
union all
select
    one.merged_beneficiary_id,
    other.merged_beneficiary_id,
    false,
    greatest(one.merged_time, other.merged_time),
    least(one.unmerged_time, other.unmerged_time)
from beneficiary_merge as one
join beneficiary_merge as other on one.kept_beneficiary_id = other.kept_beneficiary_id
where one.merged_beneficiary_id <> other.merged_beneficiary_id
and one.merged_time < coalesce(other.unmerged_time, 'infinity')
and other.merged_time < coalesce(one.unmerged_time, 'infinity');

-- The same of one person who is seen as one now, for the holder of a referral of theirs as well, who sees no merge: what
-- the person denied on another record holds for this one.
create function others_of_person(person uuid) returns setof uuid
language sql stable security definer set search_path from current
begin atomic
    select same_person.other_id from same_person
    where same_person.beneficiary_id = person and same_person.unmerged_time is null
    and (
        (select current_setting('app.internal', true) = 'true')
        or exists (
            select from beneficiary
            where beneficiary.beneficiary_id = person
            and beneficiary.registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
        )
        or exists (
            select from held_referral
            where held_referral.beneficiary_id = person
            and held_referral.agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
            and held_referral.closed_time is null
        )
    );
end;

revoke all on function others_of_person from public;
grant execute on function others_of_person to intake_app, intake_worker;

-- As in 0133, for all records of the person: they stay as they are, also where a merge was waited for (so it is done
-- twice), and a freeze of any of them is a freeze.
create or replace function hold_person_still(person uuid, referral uuid)
returns table (is_erased boolean, is_need_withdrawn boolean, is_consent_frozen boolean)
language sql volatile security definer set search_path from current
begin atomic
    select from beneficiary
    where beneficiary.beneficiary_id = any(
        array(select other_id from same_person where beneficiary_id = person and unmerged_time is null) || person
    )
    order by beneficiary.beneficiary_id for share;
    select from beneficiary
    where beneficiary.beneficiary_id = any(
        array(select other_id from same_person where beneficiary_id = person and unmerged_time is null) || person
    )
    order by beneficiary.beneficiary_id for share;
    select beneficiary.erased_time is not null, need.withdrawn_time is not null,
        exists (
            select from consent_freeze
            where consent_freeze.beneficiary_id = any(
                array(select other_id from same_person where beneficiary_id = person and unmerged_time is null)
                || person
            ) and consent_freeze.lifted_time is null
        )
    from beneficiary
    join need on need.beneficiary_id = beneficiary.beneficiary_id
    where beneficiary.beneficiary_id = person and need.referral_id = referral;
end;

-- As in 0130, with the denials of the person's other records: what one record permits another one can deny, never open.
create or replace function grounds_of_disclosure(
    holder uuid, person uuid, wanted_purpose text, kind text, asker uuid, request uuid
)
returns table (
    agreement_version integer, agreement_purposes text [], agreement_categories bigint, agreement_legal_regime text,
    agreement_transfer_basis text, agreement_valid_from_time timestamptz, agreement_valid_until_time timestamptz,
    set_mask bigint,
    earlier_disclosure_id uuid, earlier_referral_id uuid, earlier_asked_mask bigint, earlier_given_mask bigint,
    earlier_disclosed_time timestamptz,
    cell_id uuid, beneficiary_id uuid, agency_id uuid, purpose text, legal_basis text, effect text, categories bigint,
    valid_from_time timestamptz, valid_until_time timestamptz, consent_id uuid, consent_event_id uuid,
    withdrawn_time timestamptz, withdrawn_event_id uuid
)
language plpgsql volatile set search_path from current as $$
#variable_conflict use_column
declare
    contract agreement;
    cells grant_cell [];
    others uuid [];
    mask_set bigint;
    earlier disclosure;
begin
    select * into contract from agreement where agreement.agency_id = holder for share;
    others := array(select others_of_person(person));
    cells := array(
        select cell from grant_cell as cell
        where cell.beneficiary_id = any(others || person) and cell.agency_id = holder
            and cell.purpose = wanted_purpose and cell.withdrawn_time is null
            and (cell.beneficiary_id = person or cell.effect = 'DENY')
        order by cell.cell_id
        for share
    );
    select needed.mask into mask_set from needed_categories as needed where needed.service_type = kind;
    select * into earlier from disclosure
    where disclosure.principal_id = asker and disclosure.request_id = request and disclosure.outcome = 'GIVEN';
    return query
    select contract.version, contract.purposes, contract.categories, contract.legal_regime,
        contract.transfer_basis, contract.valid_from_time, contract.valid_until_time,
        mask_set,
        earlier.disclosure_id, earlier.referral_id, earlier.asked_mask, earlier.given_mask, earlier.disclosed_time,
        cell.cell_id, cell.beneficiary_id, cell.agency_id, cell.purpose, cell.legal_basis, cell.effect,
        cell.categories, cell.valid_from_time, cell.valid_until_time, cell.consent_id, cell.consent_event_id,
        cell.withdrawn_time, cell.withdrawn_event_id
    from (select) as always
    left join unnest(cells) as cell on true;
end
$$;

-- Likely duplicates are looked for among the agency's people, the newest first.
create index beneficiary_by_registration
on beneficiary (registered_by_agency_id, registered_time, beneficiary_id);

-- migrate:down
-- forward only
