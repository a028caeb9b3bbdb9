-- migrate:up

-- The two doors of 0105 past an agency's own people showed everybody's wrapped records to whoever asked. Each now
-- opens as far as its one question needs.

-- What the holder of a referral is given: only of people who are its own, or of whom it holds a referral now.
create or replace function records_of_people(people uuid [], categories text []) returns setof vault_record
language sql stable security definer set search_path from current
begin atomic
    select vault_record.*
    from vault_record
    where vault_record.beneficiary_id = any(people) and vault_record.category = any(categories)
    and (
        (select current_setting('app.internal', true) = 'true')
        or vault_record.registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
        or exists (
            select from held_referral
            where held_referral.beneficiary_id = vault_record.beneficiary_id
            and held_referral.agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
            and held_referral.closed_time is null
        )
    );
end;

drop function people_with_digest(text [], smallint []);

-- Whether somebody whom another agency registered is the same person: what is compared, and what the masked
-- candidate shows, of those few people whose index agrees.
create function candidates_with_digest(fields text [], digests smallint [], categories text [])
returns setof vault_record
language sql stable security definer set search_path from current
begin atomic
    select vault_record.*
    from vault_record
    where vault_record.beneficiary_id in (
        select entry.beneficiary_id
        from unnest(fields, digests) as wanted (field, digest)
        join blind_index as entry using (field, digest)
    )
    and vault_record.category = any(categories)
    and vault_record.category in ('NAME', 'BIRTH_AND_SEX', 'SAFE_CONTACT', 'DOCUMENTS');
end;

revoke all on function candidates_with_digest from public;
grant execute on function candidates_with_digest to intake_app, intake_worker;

-- migrate:down
-- forward only
