-- migrate:up

-- How urgent the need was when it was offered, repeated here for reports: of a month's offers each would else be looked up among all
-- referrals of all years, which was half of what the report of response times took.
alter table offer add column urgency text check (urgency in ('EMERGENCY', 'URGENT', 'NORMAL'));
-- the owner too changes no row past row-level security
alter table offer no force row level security;
update offer set urgency = referral.urgency from referral where referral.referral_id = offer.referral_id;
alter table offer force row level security;
alter table offer alter column urgency set not null;

-- As in 0134, without the referrals.
create or replace function report_pace(types text [], sectors text [], from_time timestamptz, until_time timestamptz)
returns table (
    dimension text, code text, offers bigint, answered bigint, taken_up bigint, expired bigint,
    half_within_seconds double precision, nine_of_ten_within_seconds double precision
)
language sql stable security definer set search_path from current
    set work_mem = '64MB' set plan_cache_mode = 'force_custom_plan'
begin atomic
    with put as materialized (
        select
            kind.sector collate "C" as sector, made.urgency collate "C" as urgency, made.agency_id,
            made.state = 'EXPIRED' as is_expired,
            made.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'RETURNED') as is_taken,
            case
                when made.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'RETURNED', 'WAITLISTED', 'DECLINED')
                    then extract(epoch from coalesce(made.answered_time, made.ended_time) - made.offered_time)::double precision
            end as seconds
        from offer as made
        join service as one on one.service_id = made.service_id
        join unnest(types, sectors) as kind (service_type, sector) on kind.service_type = one.service_type
        where made.offered_time >= from_time and made.offered_time < until_time
            and one.listing <> 'NAMED_STAFF' and (select may_sum_up())
    ), counted as (
        select
            case
                when grouping(put.sector) = 0 then 'SECTOR'
                when grouping(put.urgency) = 0 then 'URGENCY'
                else 'AGENCY'
            end as dimension,
            coalesce(put.sector, put.urgency, put.agency_id::text) as code,
            count(*) as offers,
            count(put.seconds) as answered,
            count(*) filter (where put.is_taken) as taken_up,
            count(*) filter (where put.is_expired) as expired,
            -- what has no length was not answered, and is passed over
            percentile_cont(array[0.5, 0.9]) within group (order by put.seconds) as lengths
        from put
        group by grouping sets ((put.sector), (put.urgency), (put.agency_id))
    )
    select
        counted.dimension, counted.code, counted.offers, counted.answered, counted.taken_up, counted.expired,
        counted.lengths[1], counted.lengths[2]
    from counted;
end;

-- migrate:down
-- forward only
