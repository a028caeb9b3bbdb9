-- migrate:up

-- What somebody has recorded stands on their first page until it has ended.
create index need_by_recorder on need (recorded_by_principal_id, recorded_time desc, need_id desc);

-- The latest that a worker has recorded, without what ended before a time. Whoever sent it sees no row of who holds it, so this
-- reaches past their own rows for the one question when it has ended.
create function recorded_needs(worker uuid, hidden_types text [], ended_after timestamptz, most integer)
returns table (
    need_id uuid, referral_id uuid, beneficiary_id uuid, sender_agency_id uuid, service_type text, urgency text,
    routing text, origin text, happened_time timestamptz, recorded_time timestamptz, withdrawn_time timestamptz
)
language sql stable security definer set search_path from current
begin atomic
    select
        need.need_id, need.referral_id, need.beneficiary_id, need.sender_agency_id, need.service_type, need.urgency,
        need.routing, need.origin, need.happened_time, need.recorded_time, need.withdrawn_time
    from need
    inner join beneficiary using (beneficiary_id)
    where need.recorded_by_principal_id = worker
    and need.sender_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    and need.service_type <> all(hidden_types)
    and beneficiary.erased_time is null
    and (need.withdrawn_time is null or need.withdrawn_time > ended_after)
    and not exists (
        select from held_referral
        where held_referral.referral_id = need.referral_id and held_referral.ended_time <= ended_after
    )
    order by need.recorded_time desc, need.need_id desc
    limit most;
end;

revoke all on function recorded_needs from public;
grant execute on function recorded_needs to intake_app;

-- migrate:down
-- forward only
