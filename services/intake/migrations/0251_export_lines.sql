-- migrate:up

-- Everything that is held about a person beside the records themselves, line by line by the names of the tables, as JSON:
-- what one place has from before a moment, in order after a line, by a request as in 0161 and of all records as in 0211.
-- A consent comes with its grants and events; an event of its own is one by which nothing was given. An authority that
-- asks in an inquiry is no recipient (GDPR article 4(9)), and what must not be told to the person is left out; that
-- somebody doubts whoever decides for a person is told to that person only.
create function lines_for_export(
    request uuid, place text, before timestamptz, after_time timestamptz, after_id uuid, size integer
)
returns table (line_time timestamptz, line_id uuid, line jsonb)
language sql volatile security definer set search_path from current
begin atomic
    with whose as materialized (select array(select people_of_export(request)) as people),
    chosen as materialized (
        select one.line_time, one.line_id
        from (
            select need.recorded_time as line_time, need.need_id as line_id
            from need, whose where place = 'need' and need.beneficiary_id = any(whose.people)
            union all
            select consent.recorded_time, consent.consent_id
            from consent, whose where place = 'consent' and consent.beneficiary_id = any(whose.people)
            union all
            select said.recorded_time, said.consent_event_id
            from consent_event as said, whose
            where place = 'consent' and said.beneficiary_id = any(whose.people) and said.consent_id is null
            and said.state not in ('WITHDRAWN', 'EXPIRED', 'TERMINATED', 'INVALIDATED')
            union all
            select given.disclosed_time, given.disclosure_id
            from disclosure as given, whose
            where place = 'disclosure' and given.beneficiary_id = any(whose.people)
            and given.outcome = 'GIVEN' and given.kind <> 'COMPELLED'
            union all
            select receipt.issued_time, receipt.receipt_id
            from receipt, whose where place = 'receipt' and receipt.beneficiary_id = any(whose.people)
            union all
            select recall.opened_time, recall.recall_id
            from recall, whose where place = 'recall' and recall.beneficiary_id = any(whose.people)
            union all
            select frozen.frozen_time, frozen.consent_freeze_id
            from consent_freeze as frozen, whose
            where place = 'consent_freeze' and frozen.beneficiary_id = any(whose.people)
            and exists (
                select from rights_request as asked
                where asked.rights_request_id = request and asked.asked_by = 'SELF'
            )
            union all
            select asked.requested_time, asked.emergency_access_id
            from emergency_access as asked, whose
            where place = 'emergency_access' and asked.beneficiary_id = any(whose.people)
            union all
            select told.happened_time, told.authority_notification_id
            from authority_notification as told, whose
            where place = 'authority_notification' and told.beneficiary_id = any(whose.people)
            and coalesce(told.not_told_reason, 'NOT_REACHED') = 'NOT_REACHED'
            union all
            select asked.received_time, asked.rights_request_id
            from rights_request as asked, whose
            where place = 'rights_request' and asked.beneficiary_id = any(whose.people)
        ) as one
        where one.line_time < before
        and (after_time is null or (one.line_time, one.line_id) > (after_time, after_id))
        order by one.line_time, one.line_id
        limit size
    )
    select chosen.line_time, chosen.line_id, case place
        when 'need' then (select to_jsonb(one) from need as one where one.need_id = chosen.line_id)
        when 'consent' then coalesce((
            select to_jsonb(one) || jsonb_build_object(
                'grants', (
                    select coalesce(jsonb_agg(to_jsonb(given) order by given.line), '[]')
                    from consent_grant as given where given.consent_id = one.consent_id
                ),
                'events', (
                    select coalesce(jsonb_agg(to_jsonb(said) order by said.sequence), '[]')
                    from consent_event as said
                    where said.beneficiary_id = one.beneficiary_id
                    and (
                        said.consent_id = one.consent_id
                        or (
                            said.consent_id is null
                            and said.state in ('WITHDRAWN', 'EXPIRED', 'TERMINATED', 'INVALIDATED')
                        )
                    )
                )
            )
            from consent as one where one.consent_id = chosen.line_id
        ), (select to_jsonb(said) from consent_event as said where said.consent_event_id = chosen.line_id))
        when 'disclosure' then (
            select to_jsonb(one) || jsonb_build_object('consent_ids', (
                select coalesce(jsonb_agg(distinct said.consent_id), '[]')
                from consent_event as said
                where said.consent_event_id = any(one.consent_event_ids) and said.consent_id is not null
            ))
            from disclosure as one where one.disclosure_id = chosen.line_id
        )
        when 'receipt' then (
            select to_jsonb(one) - 'code_digest' - 'pin_digest' - 'sealed_content'
            from receipt as one where one.receipt_id = chosen.line_id
        )
        when 'recall' then (select to_jsonb(one) from recall as one where one.recall_id = chosen.line_id)
        when 'consent_freeze' then (
            select to_jsonb(one) from consent_freeze as one where one.consent_freeze_id = chosen.line_id
        )
        when 'emergency_access' then (
            select to_jsonb(one) from emergency_access as one where one.emergency_access_id = chosen.line_id
        )
        when 'authority_notification' then (
            select to_jsonb(one) from authority_notification as one
            where one.authority_notification_id = chosen.line_id
        )
        when 'rights_request' then (
            select to_jsonb(one) from rights_request as one where one.rights_request_id = chosen.line_id
        )
    end
    from chosen order by chosen.line_time, chosen.line_id;
end;

-- By which ids somebody's access may name what it was of. What an authority was told has none here: who looked at it
-- might tell that one was.
create function ids_for_export(request uuid) returns setof uuid
language sql volatile security definer set search_path from current
begin atomic
    with whose as materialized (select array(select people_of_export(request)) as people)
    select unnest(whose.people) from whose
    union
    select need.need_id from need, whose where need.beneficiary_id = any(whose.people)
    union
    select need.referral_id from need, whose where need.beneficiary_id = any(whose.people)
    union
    select given.disclosure_id from disclosure as given, whose
    where given.beneficiary_id = any(whose.people) and given.outcome = 'GIVEN' and given.kind <> 'COMPELLED'
    union
    select receipt.receipt_id from receipt, whose where receipt.beneficiary_id = any(whose.people)
    union
    select recall.recall_id from recall, whose where recall.beneficiary_id = any(whose.people)
    union
    select asked.emergency_access_id from emergency_access as asked, whose
    where asked.beneficiary_id = any(whose.people)
    union
    select asked.rights_request_id from rights_request as asked, whose where asked.beneficiary_id = any(whose.people);
end;

create function beneficiaries_for_export(request uuid) returns setof beneficiary
language sql volatile security definer set search_path from current
begin atomic
    select one.* from beneficiary as one
    where one.beneficiary_id = any(array(select people_of_export(request)))
    order by one.registered_time, one.beneficiary_id;
end;

revoke all on function lines_for_export, ids_for_export, beneficiaries_for_export from public;
grant execute on function lines_for_export, ids_for_export, beneficiaries_for_export to intake_app;

drop function rows_for_export;
drop function recalls_for_export;
drop function receipts_for_export;

-- migrate:down
-- forward only
