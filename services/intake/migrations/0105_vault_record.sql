-- migrate:up

-- A sealed record with the wrapped key that opens it; no key means that the person is erased. Row-level security
-- is that of whoever asks.
create view vault_record with (security_invoker = true) as
select
    record.beneficiary_id,
    person.registered_by_agency_id,
    person.registered_time,
    record.category,
    record.version,
    record.key_id,
    record.ciphertext,
    key.key_class,
    key.epoch,
    key.wrapped
from sealed_record as record
join beneficiary as person using (beneficiary_id)
left join lateral (
    select data_key.key_class, data_key.epoch, data_key.wrapped
    from data_key
    where data_key.beneficiary_id = record.beneficiary_id and data_key.key_id = record.key_id
    order by data_key.epoch desc
    limit 1
) as key on true;

-- Two questions reach past the caller's own agency, each by this door only: whether somebody whom another agency
-- registered is the same person, and what the holder of a referral is given under the person's consent.
create function people_with_digest(fields text [], digests smallint []) returns setof uuid
language sql stable security definer set search_path from current
begin atomic
    select distinct entry.beneficiary_id
    from unnest(fields, digests) as wanted (field, digest)
    join blind_index as entry using (field, digest);
end;

create function records_of_people(people uuid [], categories text []) returns setof vault_record
language sql stable security definer set search_path from current
begin atomic
    select vault_record.*
    from vault_record
    where vault_record.beneficiary_id = any(people) and vault_record.category = any(categories);
end;

revoke all on function people_with_digest, records_of_people from public;
grant execute on function people_with_digest, records_of_people to intake_app, intake_worker;

-- migrate:down
-- forward only
