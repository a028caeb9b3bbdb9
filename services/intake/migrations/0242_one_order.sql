-- migrate:up

-- All records that are seen as these people's, by their ids.
create function records_as_one(people uuid []) returns uuid []
language sql volatile set search_path from current
begin atomic
    select array(
        select seen.other_id from same_person as seen
        where seen.beneficiary_id = any(people) and seen.unmerged_time is null
        union
        select unnest(people)
        order by 1
    );
end;

-- Locks them all in the order of their ids, and answers the ids. Where a merge was waited for there are others by then: what was
-- locked is let go, and all are locked anew, so that nobody holds a later one while waiting for an earlier one.
create function lock_as_one(people uuid []) returns uuid []
language plpgsql volatile set search_path from current as $$
declare
    together uuid [];
begin
    loop
        together := records_as_one(people);
        begin
            perform from beneficiary where beneficiary_id = any(together)
            order by beneficiary_id for no key update;
            if together = records_as_one(people) then
                return together;
            end if;
            raise sqlstate 'KM001';
        exception
            when sqlstate 'KM001' then null;
        end;
    end loop;
end
$$;
revoke all on function records_as_one, lock_as_one from public;
grant execute on function records_as_one, lock_as_one to intake_app, intake_worker;

-- As in 0210, in that order.
create or replace function hold_person_still(person uuid, referral uuid)
returns table (is_erased boolean, is_need_withdrawn boolean, is_consent_frozen boolean)
language plpgsql volatile security definer set search_path from current as $$
declare
    together uuid [];
begin
    loop
        together := records_as_one(array[person]);
        begin
            perform from beneficiary where beneficiary_id = any(together) order by beneficiary_id for share;
            exit when together = records_as_one(array[person]);
            raise sqlstate 'KM001';
        exception
            when sqlstate 'KM001' then null;
        end;
    end loop;
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

-- migrate:down
-- forward only
