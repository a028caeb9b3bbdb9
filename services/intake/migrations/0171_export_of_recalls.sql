-- migrate:up

-- What of a person's export came after 0161: what agencies were asked to destroy, and when consent was frozen. That
-- somebody doubts whoever decides for a person is told to that person only.
create function recalls_for_export(request uuid) returns jsonb
language sql volatile security definer set search_path from current
begin atomic
    select jsonb_build_object(
        'recall', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.opened_time, one.recall_id), '[]')
            from recall as one where one.beneficiary_id = whose.person
        ),
        'consent_freeze', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.frozen_time, one.consent_freeze_id), '[]')
            from consent_freeze as one join rights_request as asked on asked.rights_request_id = request
            where one.beneficiary_id = whose.person and asked.asked_by = 'SELF'
        )
    )
    from person_of_export(request) as whose (person) where whose.person is not null;
end;

revoke all on function recalls_for_export from public;
grant execute on function recalls_for_export to intake_app;

-- migrate:down
-- forward only
