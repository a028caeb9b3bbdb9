-- migrate:up

-- Keeps all records that are seen as this person's as they are until the transaction ends, and answers their ids: as lock_as_one
-- does (0242), in the same order, for whoever changes none of them.
create function hold_as_one(person uuid) returns uuid []
language plpgsql volatile set search_path from current as $$
declare
    together uuid [];
begin
    loop
        together := records_as_one(array[person]);
        begin
            perform from beneficiary where beneficiary_id = any(together) order by beneficiary_id for share;
            if together = records_as_one(array[person]) then
                return together;
            end if;
            raise sqlstate 'KM001';
        exception
            when sqlstate 'KM001' then null;
        end;
    end loop;
end
$$;
revoke all on function hold_as_one from public;

-- As in 0242.
create or replace function hold_person_still(person uuid, referral uuid)
returns table (is_erased boolean, is_need_withdrawn boolean, is_consent_frozen boolean)
language plpgsql volatile security definer set search_path from current as $$
declare
    together uuid [] := hold_as_one(person);
begin
    return query
    select beneficiary.erased_time is not null, need.withdrawn_time is not null,
        exists (
            select from consent_freeze
            where consent_freeze.beneficiary_id = any(together) and consent_freeze.lifted_time is null
        )
    from beneficiary
    join need on need.beneficiary_id = beneficiary.beneficiary_id
    where beneficiary.beneficiary_id = person and need.referral_id = referral;
end
$$;

-- As in 0265.
create or replace function hold_people_of_export(request uuid) returns void
language plpgsql volatile security definer set search_path from current as $$
begin
    perform hold_as_one(asked_to_see(request));
end
$$;

-- migrate:down
-- forward only
