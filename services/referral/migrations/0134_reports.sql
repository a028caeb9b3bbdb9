-- migrate:up

-- What was asked for, to be counted: a day, and no id, for these words go from need_profile with the referral. Restricted
-- types are not in it. Where nothing is known, ''.
create table demand (
    recorded_day date not null, -- in Athens
    service_type text not null,
    district text not null, -- where the person lives
    language text not null -- that they speak best
);

create index demand_by_day on demand using brin (recorded_day);

-- what was recorded before was not kept so closely
insert into demand (recorded_day, service_type, district, language)
select (recorded_time at time zone 'Europe/Athens')::date, service_type, '', ''
from referral
where service_type is not null and service_type not in (
    'SEXUAL_HEALTH', 'SUBSTANCE_USE', 'GBV_COUNSELLING', 'GBV_SHELTER', 'CHILD_PROTECTION', 'UAM_ACCOMMODATION',
    'TRAFFICKING_SUPPORT', 'TORTURE_REHABILITATION', 'FAMILY_TRACING', 'LGBTQI_SUPPORT'
)
order by recorded_time;

revoke all on demand from referral_app;
revoke select, update, delete on demand from referral_worker;

create index offer_by_time on offer using brin (offered_time);
create index referral_overdue on referral (person_due_time, referral_id)
    where answered_time is null and closed_time is null;

-- Sums over everybody's referrals. Row-level security shows a call its own agency's only, so these doors alone reach past it, for a
-- use case that has found that the caller may be told (app.reports); and they say nothing but numbers. Each is asked with the
-- service types that it may speak of, and their sectors; what is for named staff only is never counted. Where a period is asked
-- for, a plan for any period would look up row by row what a year needs whole: each call is planned for its own.
create policy functions_of_the_owner on service for select to referral_owner using (true);
create policy functions_of_the_owner on gap for select to referral_owner using (true);

create function may_sum_up() returns boolean language sql stable
    return current_setting('app.reports', true) = 'true';

create function report_demand(types text [], sectors text [], from_day date, until_day date)
returns table (dimension text, code text, needs bigint)
language sql stable security definer set search_path from current set plan_cache_mode = 'force_custom_plan'
begin atomic
    select
        case
            when grouping(kind.sector) = 0 then 'SECTOR'
            when grouping(asked.district) = 0 then 'DISTRICT'
            else 'LANGUAGE'
        end,
        coalesce(kind.sector, asked.district, asked.language),
        count(*)
    from demand as asked
    join unnest(types, sectors) as kind (service_type, sector) on kind.service_type = asked.service_type
    where asked.recorded_day between from_day and until_day and (select may_sum_up())
    group by grouping sets ((kind.sector), (asked.district), (asked.language));
end;

create function report_capacity(types text [], sectors text [])
returns table (
    dimension text, code text, services bigint, unlimited_services bigint, places bigint, free_places bigint
)
language sql stable security definer set search_path from current
begin atomic
    with unit as materialized (
        select
            kind.sector, one.service_id, one.languages, one.interpreter_languages,
            case when one.location_visibility = 'HIDDEN' then '' else one.district end as district,
            open.kind = 'UNLIMITED' as is_unlimited,
            case when open.kind = 'PLACES' then least(open.places, coalesce(open.observed_places, open.places)) end as places,
            greatest(open.free, 0) as free
        from capacity as open
        join service as one on one.service_id = open.service_id
        join unnest(types, sectors) as kind (service_type, sector) on kind.service_type = one.service_type
        where open.until_time > clock_timestamp() and not open.is_suspended and one.suspended_time is null
            and one.listing <> 'NAMED_STAFF' and (select may_sum_up())
    ), counted as (
        select 'SECTOR' as dimension, unit.sector as code, unit.* from unit
        union all
        select 'DISTRICT', unit.district, unit.* from unit
        union all
        select 'LANGUAGE', spoken.language, unit.*
        from unit
        cross join lateral (
            select language from unnest(unit.languages) as language
            union
            select language from unnest(unit.interpreter_languages) as language
        ) as spoken
    )
    select
        counted.dimension, counted.code, count(distinct counted.service_id),
        count(distinct counted.service_id) filter (where counted.is_unlimited),
        coalesce(sum(counted.places), 0), coalesce(sum(counted.free), 0)
    from counted
    group by counted.dimension, counted.code;
end;

-- Each row counts in three groups, and their lengths are sorted three times: in memory, by bytes. A year of offers is not sorted by
-- whatever a locale would make of codes.
create function report_pace(types text [], sectors text [], from_time timestamptz, until_time timestamptz)
returns table (
    dimension text, code text, offers bigint, answered bigint, taken_up bigint, expired bigint,
    half_within_seconds double precision, nine_of_ten_within_seconds double precision
)
language sql stable security definer set search_path from current
    set work_mem = '64MB' set plan_cache_mode = 'force_custom_plan'
begin atomic
    with put as materialized (
        select
            kind.sector collate "C" as sector, asked.urgency collate "C" as urgency, made.agency_id,
            made.state = 'EXPIRED' as is_expired,
            made.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'RETURNED') as is_taken,
            case
                when made.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'RETURNED', 'WAITLISTED', 'DECLINED')
                    then extract(epoch from coalesce(made.answered_time, made.ended_time) - made.offered_time)::double precision
            end as seconds
        from offer as made
        join service as one on one.service_id = made.service_id
        join unnest(types, sectors) as kind (service_type, sector) on kind.service_type = one.service_type
        join referral as asked on asked.referral_id = made.referral_id
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

create function report_waiting(types text [], sectors text [])
returns table (dimension text, code text, waiting bigint, half_for_seconds double precision)
language sql stable security definer set search_path from current
begin atomic
    with entry as materialized (
        select kind.sector, listed.urgency, listed.agency_id, listed.referral_id, listed.since_time
        from waitlist_entry as listed
        join service as one on one.service_id = listed.service_id
        join unnest(types, sectors) as kind (service_type, sector) on kind.service_type = one.service_type
        where one.listing <> 'NAMED_STAFF' and (select may_sum_up())
    ), waiter as (
        -- somebody who waits for several units counts once in each row
        select 'SECTOR' as dimension, entry.sector as code, entry.referral_id, entry.since_time from entry
        union
        select 'URGENCY', entry.urgency, entry.referral_id, entry.since_time from entry
        union
        select 'AGENCY', entry.agency_id::text, entry.referral_id, entry.since_time from entry
    )
    select
        waiter.dimension, waiter.code, count(*),
        percentile_cont(0.5) within group (order by extract(epoch from clock_timestamp() - waiter.since_time))
    from waiter
    group by waiter.dimension, waiter.code;
end;

create function report_gaps(types text [], sectors text [], from_time timestamptz, until_time timestamptz)
returns table (dimension text, code text, referrals bigint)
language sql stable security definer set search_path from current set plan_cache_mode = 'force_custom_plan'
begin atomic
    select
        case
            when grouping(kind.sector) = 0 then 'SECTOR'
            when grouping(seen.urgency) = 0 then 'URGENCY'
            else 'REASON'
        end,
        coalesce(kind.sector, seen.urgency, seen.reason),
        count(distinct seen.referral_id)
    from gap as seen
    join unnest(types, sectors) as kind (service_type, sector) on kind.service_type = seen.service_type
    where seen.gap_time >= from_time and seen.gap_time < until_time and (select may_sum_up())
    group by grouping sets ((kind.sector), (seen.urgency), (seen.reason));
end;

create function report_overdue(types text [], sectors text [])
returns table (dimension text, code text, referrals bigint)
language sql stable security definer set search_path from current
begin atomic
    select
        case
            when grouping(kind.sector) = 0 then 'SECTOR'
            when grouping(late.urgency) = 0 then 'URGENCY'
            else 'STATE'
        end,
        coalesce(kind.sector, late.urgency, late.state),
        count(*)
    from referral as late
    join unnest(types, sectors) as kind (service_type, sector) on kind.service_type = late.service_type
    where late.answered_time is null and late.closed_time is null and late.person_due_time < clock_timestamp()
        and (select may_sum_up())
    group by grouping sets ((kind.sector), (late.urgency), (late.state));
end;

-- Cases, for the one role that may follow them up; no agency that was asked, and nothing of the person.
create function overdue_referrals(types text [], after_time timestamptz, after_id uuid, most integer)
returns table (
    referral_id uuid, service_type text, urgency text, state text, sender_agency_id uuid, recorded_time timestamptz,
    person_due_time timestamptz, offers_made integer
)
language sql stable security definer set search_path from current
begin atomic
    select
        late.referral_id, late.service_type, late.urgency, late.state, late.sender_agency_id, late.recorded_time,
        late.person_due_time, late.offers_made
    from referral as late
    where late.answered_time is null and late.closed_time is null and late.person_due_time < clock_timestamp()
        and late.service_type = any(types) and (late.person_due_time, late.referral_id) > (after_time, after_id)
        and (select may_sum_up())
    order by late.person_due_time, late.referral_id
    limit most;
end;

revoke all on function report_demand, report_capacity, report_pace, report_waiting, report_gaps, report_overdue,
    overdue_referrals from public;
grant execute on function report_demand, report_capacity, report_pace, report_waiting, report_gaps, report_overdue,
    overdue_referrals to referral_app;

-- migrate:down
-- forward only
