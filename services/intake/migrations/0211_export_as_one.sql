-- migrate:up

-- Who is exported: the person of the request (0161), with the other records that are seen as theirs.
create function people_of_export(request uuid) returns setof uuid
language sql volatile security definer set search_path from current
begin atomic
    select whose.person from person_of_export(request) as whose (person) where whose.person is not null
    union all
    select seen.other_id
    from person_of_export(request) as whose (person)
    join same_person as seen on seen.beneficiary_id = whose.person
    where seen.unmerged_time is null;
end;

create or replace function records_for_export(request uuid) returns setof vault_record
language sql volatile security definer set search_path from current
begin atomic
    select vault_record.* from vault_record
    where vault_record.beneficiary_id = any(array(select people_of_export(request)));
end;

-- As in 0161 and 0171, of all records of the person.
create or replace function rows_for_export(request uuid) returns jsonb
language sql volatile security definer set search_path from current
begin atomic
    select jsonb_build_object(
        'beneficiary', (select to_jsonb(one) from beneficiary as one where one.beneficiary_id = whose.person),
        'other_records', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.registered_time, one.beneficiary_id), '[]')
            from beneficiary as one
            where one.beneficiary_id = any(whose.people) and one.beneficiary_id <> whose.person
        ),
        'consent', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.recorded_time, one.consent_id), '[]')
            from consent as one where one.beneficiary_id = any(whose.people)
        ),
        'consent_grant', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.consent_id, one.line), '[]')
            from consent_grant as one join consent on consent.consent_id = one.consent_id
            where consent.beneficiary_id = any(whose.people)
        ),
        'consent_event', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.beneficiary_id, one.sequence), '[]')
            from consent_event as one where one.beneficiary_id = any(whose.people)
        ),
        'need', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.recorded_time, one.need_id), '[]')
            from need as one where one.beneficiary_id = any(whose.people)
        ),
        'disclosure', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.disclosed_time, one.disclosure_id), '[]')
            from disclosure as one
            where one.beneficiary_id = any(whose.people) and one.outcome = 'GIVEN' and one.kind <> 'COMPELLED'
        ),
        'emergency_access', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.requested_time, one.emergency_access_id), '[]')
            from emergency_access as one where one.beneficiary_id = any(whose.people)
        ),
        'authority_notification', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.happened_time, one.authority_notification_id), '[]')
            from authority_notification as one
            where one.beneficiary_id = any(whose.people)
            and coalesce(one.not_told_reason, 'NOT_REACHED') = 'NOT_REACHED'
        ),
        'rights_request', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.received_time, one.rights_request_id), '[]')
            from rights_request as one where one.beneficiary_id = any(whose.people)
        )
    )
    from (
        select person_of_export(request) as person, array(select people_of_export(request)) as people
    ) as whose
    where whose.person is not null;
end;

create or replace function recalls_for_export(request uuid) returns jsonb
language sql volatile security definer set search_path from current
begin atomic
    select jsonb_build_object(
        'recall', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.opened_time, one.recall_id), '[]')
            from recall as one where one.beneficiary_id = any(whose.people)
        ),
        'consent_freeze', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.frozen_time, one.consent_freeze_id), '[]')
            from consent_freeze as one join rights_request as asked on asked.rights_request_id = request
            where one.beneficiary_id = any(whose.people) and asked.asked_by = 'SELF'
        )
    )
    from (
        select person_of_export(request) as person, array(select people_of_export(request)) as people
    ) as whose
    where whose.person is not null;
end;

revoke all on function people_of_export from public;

-- migrate:down
-- forward only
