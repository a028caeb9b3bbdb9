-- migrate:up

-- As in 0212, but what a holder keeps because it is permitted again is asked back anew once it is permitted no longer, and a
-- denial that was lifted is no cause of anything.
create or replace function owed_disclosures(people uuid [], moment timestamptz, after_erasure boolean)
returns table (
    beneficiary_id uuid, owner_agency_id uuid, agency_id uuid, referral_id uuid, service_type text, disclosure_id uuid,
    disclosed_time timestamptz, mask bigint, taken_back_id uuid, taken_back_as text, is_in_between boolean
)
language sql stable security definer set search_path from current
begin atomic
    select
        person.beneficiary_id, person.registered_by_agency_id, given.agency_id, given.referral_id, need.service_type,
        given.disclosure_id, given.disclosed_time, owed.mask, taken_back.consent_event_id, taken_back.cause,
        coalesce(given.disclosed_time >= taken_back.said_time, false)
    from beneficiary as person
    cross join lateral (
        select array(
            select seen.other_id from same_person as seen
            where seen.beneficiary_id = person.beneficiary_id and seen.unmerged_time is null
        ) || person.beneficiary_id as ids
    ) as record
    join disclosure as given using (beneficiary_id)
    join need on need.referral_id = given.referral_id
    cross join lateral (
        select
            coalesce(bit_or(cell.categories) filter (where cell.effect = 'PERMIT'), 0)
            & ~coalesce(bit_or(cell.categories) filter (where cell.effect = 'DENY'), 0) as mask
        from grant_cell as cell
        where not after_erasure and cell.beneficiary_id = any(record.ids)
        and (cell.beneficiary_id = given.beneficiary_id or cell.effect = 'DENY')
        and cell.agency_id = given.agency_id and cell.purpose = given.purpose and cell.withdrawn_time is null
        and cell.valid_from_time <= moment and moment < cell.valid_until_time
    ) as permitted
    cross join lateral (
        select given.given_mask
            & ~permitted.mask
            & ~coalesce((
                select bit_or(line.recalled_mask & ~case
                    when after_erasure or recall.kept_ground = 'PERMITTED_AGAIN' then recall.kept_mask else 0
                end)
                from recalled_disclosure as line join recall using (recall_id)
                where line.disclosure_id = given.disclosure_id
            ), 0) as mask
    ) as owed
    left join lateral (
        select one.consent_event_id, one.cause, one.said_time
        from (
            select
                said.consent_event_id, said.recorded_time, said.sequence,
                case when said.state = 'WITHDRAWN' then 'WITHDRAWN' else 'ENDED' end as cause,
                case when said.state = 'WITHDRAWN' then said.happened_time end as said_time
            from grant_cell as cell
            join consent_event as said on said.consent_event_id = cell.withdrawn_event_id
            where cell.cell_id = any(given.cell_ids) and cell.categories & owed.mask <> 0
            union all
            select
                said.consent_event_id, said.recorded_time, said.sequence, 'EXCLUDED',
                greatest(said.happened_time, cell.valid_from_time)
            from grant_cell as cell
            join consent_event as said on said.consent_event_id = cell.consent_event_id
            where cell.beneficiary_id = any(record.ids) and cell.agency_id = given.agency_id
            and cell.purpose = given.purpose and cell.effect = 'DENY' and cell.categories & owed.mask <> 0
            and cell.withdrawn_time is null and cell.valid_from_time <= moment and moment < cell.valid_until_time
        ) as one
        order by one.recorded_time desc, one.sequence desc
        limit 1
    ) as taken_back on not after_erasure
    where person.beneficiary_id = any(people) and given.outcome = 'GIVEN'
    and given.kind in ('PULLED', 'VERBAL', 'EMERGENCY')
    and (after_erasure or cardinality(given.cell_ids) > 0)
    and owed.mask <> 0
    and (
        (select current_setting('app.internal', true) = 'true')
        or person.registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    );
end;

-- What these people's denials had asked back, and all of it is permitted again: their records are seen as two people's, or the
-- denial was lifted. Nobody has to answer it any more; the hub says so for the holder.
create function settle_permitted_again(people uuid [], moment timestamptz, who uuid, acting text) returns setof recall
language sql volatile security definer set search_path from current
begin atomic
    update recall set
        kept_mask = recall.recalled_mask, kept_ground = 'PERMITTED_AGAIN', acknowledged_by_principal_id = who,
        acting_person = acting, acknowledged_time = moment
    where recall.beneficiary_id = any(people) and recall.cause = 'EXCLUDED' and recall.acknowledged_time is null
    and (
        (select current_setting('app.internal', true) = 'true')
        or recall.owner_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    )
    and not exists (
        select from recalled_disclosure as line
        join disclosure as given using (disclosure_id)
        cross join lateral (
            select
                coalesce(bit_or(cell.categories) filter (where cell.effect = 'PERMIT'), 0)
                & ~coalesce(bit_or(cell.categories) filter (where cell.effect = 'DENY'), 0) as mask
            from grant_cell as cell
            where (
                cell.beneficiary_id = given.beneficiary_id or cell.effect = 'DENY' and cell.beneficiary_id in (
                    select seen.other_id from same_person as seen
                    where seen.beneficiary_id = given.beneficiary_id and seen.unmerged_time is null
                )
            )
            and cell.agency_id = given.agency_id and cell.purpose = given.purpose and cell.withdrawn_time is null
            and cell.valid_from_time <= moment and moment < cell.valid_until_time
        ) as permitted
        where line.recall_id = recall.recall_id and line.recalled_mask & ~permitted.mask <> 0
    )
    returning recall.*;
end;

revoke all on function settle_permitted_again from public;
grant execute on function settle_permitted_again to intake_app;

-- migrate:down
-- forward only
