-- migrate:up

-- The two doors of 0123 by which a holder reaches past its own rows, the first one seeing more: a need that was
-- withdrawn must give nothing, also where its acceptance came a moment before the withdrawal.
drop function hold_person_still(uuid);

-- Keeps the person and their needs as they are while the holder is given something. WithdrawNeed and
-- WithdrawConsent lock the person first, so they wait, or this waits for them; the need is read by a second
-- statement because only that one sees what was committed while the first one waited.
create function hold_person_still(person uuid, referral uuid)
returns table (is_erased boolean, is_need_withdrawn boolean)
language sql volatile security definer set search_path from current
begin atomic
    select from beneficiary where beneficiary.beneficiary_id = person for share;
    select beneficiary.erased_time is not null, need.withdrawn_time is not null
    from beneficiary
    join need on need.beneficiary_id = beneficiary.beneficiary_id
    where beneficiary.beneficiary_id = person and need.referral_id = referral;
end;

revoke all on function hold_person_still from public;
grant execute on function hold_person_still to intake_app, intake_worker;

-- migrate:down
-- forward only
