-- migrate:up

-- How referrals went, for the hub's own services: row-level security shows a call without an agency none, so this one door
-- reaches past it, and says nothing but times, agencies and whether they declined. Taken: also for an assessment, a waiting
-- list, or given back later. What nobody answered is no answer.
create policy functions_of_the_owner on referral for select to referral_owner using (true);
create policy functions_of_the_owner on offer for select to referral_owner using (true);

create function paces_of(referrals uuid [])
returns table (
    referral_id uuid, first_offer_time timestamptz, accepted_time timestamptz, closed_time timestamptz,
    agency_ids uuid [], is_declined boolean []
)
language sql stable security definer set search_path from current
begin atomic
    select
        one.referral_id, made.first_offer_time, one.answered_time, one.closed_time,
        coalesce(made.agency_ids, '{}'), coalesce(made.is_declined, '{}')
    from referral as one
    left join lateral (
        select
            min(put.offered_time) as first_offer_time,
            array_agg(put.agency_id order by put.number) filter (where answered.is_so) as agency_ids,
            array_agg(put.state = 'DECLINED' order by put.number) filter (where answered.is_so) as is_declined
        from offer as put
        cross join lateral (
            select put.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'WAITLISTED', 'DECLINED', 'RETURNED') as is_so
        ) as answered
        where put.referral_id = one.referral_id
    ) as made on true
    where one.referral_id = any(referrals) and (select current_setting('app.internal', true) = 'true');
end;

revoke all on function paces_of from public;
grant execute on function paces_of to referral_app;

-- migrate:down
-- forward only
