-- migrate:up

-- What agencies were given of a person, asked for and were refused, for the desk of the agency that registered them. Of the rows
-- themselves it sees what it was given or has told, so this reaches past that, for people whom it registered and no others. What one
-- agency reads again and again for one referral is one line with its first and its last time; each telephone call is one of its own.
-- Not here: what an authority or the person was given, and who asked for a referral that they do not hold, which is about nobody.
create policy functions_of_the_owner on handover to intake_owner using (true);

-- Why, as the agency was told: nobody learns by it, nor by a line of its own, that a guardian is doubted.
create function refusal_told(reason text) returns text language sql immutable
return case reason when 'CONSENT_FROZEN' then 'CONSENT_NOT_IN_FORCE' else reason end;

-- Until when something stays permitted follows from all that the person says to that agency about that purpose now, as
-- owed_disclosures asks back by (0260): another consent may carry it on, or a denial end it, and while consent is frozen nothing is
-- permitted. Pages after the first tell what stood when the first was read: what is read again meanwhile would go to the top, past who
-- is on their way down. What is asked back and not answered can be asked for alone: it presses, however old it is.
create function disclosures_of_case(
    people uuid [], referral uuid, hidden_types text [], asked_back_only boolean, as_of timestamptz, before_time timestamptz,
    before_id uuid, most integer
)
returns table (
    disclosure_id uuid, referral_id uuid, agency_id uuid, kind text, refusal_reason text, given_mask bigint, legal_bases text [],
    first_time timestamptz, last_time timestamptz, times integer, answer text, cells jsonb, recalls jsonb
)
language sql stable security definer set search_path from current
begin atomic
    with line as materialized (
        select
            given.referral_id, given.agency_id, given.kind, told.refusal_reason, given.given_mask, given.legal_bases,
            said.answer,
            (array_agg(given.disclosure_id order by given.disclosed_time desc, given.disclosure_id desc))[1] as disclosure_id,
            array_agg(given.disclosure_id) as disclosure_ids,
            min(given.disclosed_time) as first_time, max(given.disclosed_time) as last_time, count(*)::integer as times
        from disclosure as given
        inner join beneficiary as person using (beneficiary_id)
        left join need on need.referral_id = given.referral_id
        left join handover as said using (disclosure_id)
        cross join lateral (select refusal_told(given.refusal_reason) as refusal_reason) as told
        where given.beneficiary_id = any(people)
        and (
            person.registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
            or (select current_setting('app.internal', true) = 'true')
        )
        and given.kind in ('PULLED', 'VERBAL', 'EMERGENCY')
        and (as_of is null or given.disclosed_time <= as_of)
        and (referral is null or given.referral_id = referral)
        and (
            not asked_back_only
            or exists (select from recall where recall.beneficiary_id = any(people) and recall.acknowledged_time is null)
        )
        and coalesce(need.service_type <> all(hidden_types), true)
        group by
            given.referral_id, given.agency_id, given.kind, told.refusal_reason, given.given_mask, given.legal_bases,
            said.disclosure_id, said.answer
    ),
    chosen as materialized (
        select line.* from line
        where (before_time is null or (line.last_time, line.disclosure_id) < (before_time, before_id))
        and (
            not asked_back_only
            or exists (
                select from recall as asked
                where asked.acknowledged_time is null and asked.recall_id in (
                    select back.recall_id from recalled_disclosure as back
                    where back.disclosure_id = any(line.disclosure_ids)
                    union all
                    select back.recall_id from corrected_disclosure as back
                    where back.disclosure_id = any(line.disclosure_ids)
                )
            )
        )
        order by line.last_time desc, line.disclosure_id desc
        limit most
    )
    select
        chosen.disclosure_id, chosen.referral_id, chosen.agency_id, chosen.kind, chosen.refusal_reason, chosen.given_mask,
        chosen.legal_bases, chosen.first_time, chosen.last_time, chosen.times, chosen.answer,
        (
            select jsonb_agg(jsonb_build_array(cell.effect, cell.categories, cell.valid_from_time, cell.valid_until_time))
            from disclosure as latest
            cross join lateral (
                select array(
                    select seen.other_id from same_person as seen
                    where seen.beneficiary_id = latest.beneficiary_id and seen.unmerged_time is null
                ) || latest.beneficiary_id as ids
            ) as record
            inner join grant_cell as cell
                on cell.beneficiary_id = any(record.ids) and cell.agency_id = latest.agency_id and cell.purpose = latest.purpose
            where latest.disclosure_id = chosen.disclosure_id and cardinality(latest.cell_ids) > 0
            and (cell.beneficiary_id = latest.beneficiary_id or cell.effect = 'DENY') and cell.withdrawn_time is null
            and not exists (
                select from consent_freeze as doubt
                where doubt.beneficiary_id = any(record.ids) and doubt.lifted_time is null
            )
        ),
        (
            select jsonb_agg(jsonb_build_object(
                'recall_id', asked.recall_id, 'cause', asked.cause, 'mask', asked.recalled_mask,
                'opened_time', asked.opened_time, 'due_time', asked.due_time,
                'acknowledged_time', asked.acknowledged_time,
                'destroyed_mask', asked.destroyed_mask, 'kept_mask', asked.kept_mask
            ) order by asked.opened_time, asked.recall_id)
            from recall as asked
            where asked.recall_id in (
                select back.recall_id from recalled_disclosure as back
                where back.disclosure_id = any(chosen.disclosure_ids)
                union
                select back.recall_id from corrected_disclosure as back
                where back.disclosure_id = any(chosen.disclosure_ids)
            )
        )
    from chosen
    order by chosen.last_time desc, chosen.disclosure_id desc;
end;

revoke all on function disclosures_of_case from public;
grant execute on function disclosures_of_case to intake_app;

-- How much has been recorded of each of these people, their other records with them, that stands in the line of time of their case:
-- needs and their withdrawals, what they said about consent, what agencies were given, what is asked back and answered. Where it is
-- another number, an open page of the case has something new to read. Told of people whom the agency registered and no others; what
-- belongs to the hidden types is not counted, as it is not listed.
create function changes_of_cases(people uuid [], hidden_types text [])
returns table (beneficiary_id uuid, changes bigint)
language sql stable security definer set search_path from current
begin atomic
    select
        person.beneficiary_id,
        (
            select count(*) + count(need.withdrawn_time) from need where need.beneficiary_id = any(record.ids)
        ) + (
            select count(*) from consent_event as said where said.beneficiary_id = any(record.ids)
        ) + (
            select count(*) from (
                select from disclosure as given
                inner join need on need.referral_id = given.referral_id
                left join handover as told using (disclosure_id)
                where given.beneficiary_id = any(record.ids) and given.kind in ('PULLED', 'VERBAL', 'EMERGENCY')
                and need.service_type <> all(hidden_types)
                group by
                    given.referral_id, given.agency_id, given.kind, refusal_told(given.refusal_reason), given.given_mask,
                    given.legal_bases, told.disclosure_id
            ) as line
        ) + (
            select count(*) + count(asked.acknowledged_time) from recall as asked
            inner join need on need.referral_id = asked.referral_id
            where asked.beneficiary_id = any(record.ids) and need.service_type <> all(hidden_types)
        )
    from beneficiary as person
    cross join lateral (
        select array(
            select seen.other_id from same_person as seen
            where seen.beneficiary_id = person.beneficiary_id and seen.unmerged_time is null
            and not exists (
                select from need where need.beneficiary_id = seen.other_id and need.service_type = any(hidden_types)
            )
        ) || person.beneficiary_id as ids
    ) as record
    where person.beneficiary_id = any(people) and person.erased_time is null
    and (
        person.registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
        or (select current_setting('app.internal', true) = 'true')
    );
end;

revoke all on function changes_of_cases from public;
grant execute on function changes_of_cases to intake_app;

-- migrate:down
-- forward only
