-- migrate:up

-- Who asks for somebody else's data gets what is sealed as core and no more, unless a child protection officer or a GBV
-- focal point decides otherwise: protection_mask says which categories beyond it, protection_history whether also what
-- happened (needs of restricted kinds, consents, who was given something, who looked).
alter table rights_request
add column protection_mask bigint check (protection_mask >= 0),
add column protection_history boolean,
add column sealed_protection bytea,
add column protection_decided_by_principal_id uuid,
add column protection_decided_time timestamptz;
alter table rights_request
add constraint rights_request_protection check (
    num_nulls(protection_mask, protection_history, protection_decided_by_principal_id, protection_decided_time) in (0, 4)
),
add constraint rights_request_own_data check (protection_decided_time is null or asked_by <> 'SELF');
grant update (
    protection_mask, protection_history, sealed_protection, protection_decided_by_principal_id, protection_decided_time
) on rights_request to intake_app;

-- What a person is given of their own is a disclosure as well: to no agency, for no referral, by the agency that
-- registered the request.
alter table disclosure
drop constraint disclosure_kind_check,
drop constraint disclosure_told_by,
drop constraint disclosure_recipient,
add column rights_request_id uuid references rights_request,
add column identity_proof text check (identity_proof in ('DOCUMENT_SEEN', 'KNOWN_PERSONALLY', 'SAFE_CHANNEL'));
alter table disclosure
add constraint disclosure_kind_check check (kind in ('PULLED', 'VERBAL', 'EMERGENCY', 'COMPELLED', 'SUBJECT')),
add constraint disclosure_told_by check ((kind in ('VERBAL', 'SUBJECT')) = (told_by_agency_id is not null)),
add constraint disclosure_recipient check (
    kind in ('COMPELLED', 'SUBJECT') or (referral_id is not null and agency_id is not null)
),
add constraint disclosure_subject check (
    (kind = 'SUBJECT') = (rights_request_id is not null) and (kind = 'SUBJECT') = (identity_proof is not null)
);
create policy disclosure_subject on disclosure for insert to intake_app with check (
    kind = 'SUBJECT' and (select current_setting('app.officer', true) = 'true')
);

create policy exports_of_the_owner on rights_request to intake_owner using (true);
create policy exports_of_the_owner on consent to intake_owner using (true);
create policy exports_of_the_owner on consent_grant to intake_owner using (true);
create policy exports_of_the_owner on consent_event to intake_owner using (true);
create policy exports_of_the_owner on disclosure to intake_owner using (true);
create policy exports_of_the_owner on emergency_access to intake_owner using (true);
create policy exports_of_the_owner on authority_notification to intake_owner using (true);

-- Whom an export is about: by a request that nobody has answered, to the agency that registered it or an officer of the
-- hub. The person stays as they are until the transaction ends.
create function person_of_export(request uuid) returns uuid
language sql volatile security definer set search_path from current
begin atomic
    select person.beneficiary_id
    from rights_request as asked join beneficiary as person using (beneficiary_id)
    where asked.rights_request_id = request and asked.answer is null
    and asked.asked_right in ('ACCESS', 'PORTABILITY')
    and (
        asked.agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
        or (select current_setting('app.officer', true) = 'true')
    )
    for share of person;
end;

create function records_for_export(request uuid) returns setof vault_record
language sql volatile security definer set search_path from current
begin atomic
    select vault_record.*
    from person_of_export(request) as whose (person)
    join vault_record on vault_record.beneficiary_id = whose.person;
end;

-- Everything else that is held, as JSON by the names of the tables. An authority that asks in an inquiry is no recipient
-- (GDPR article 4(9)), and what must not be told to the person is left out.
create function rows_for_export(request uuid) returns jsonb
language sql volatile security definer set search_path from current
begin atomic
    select jsonb_build_object(
        'beneficiary', (select to_jsonb(one) from beneficiary as one where one.beneficiary_id = whose.person),
        'consent', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.recorded_time, one.consent_id), '[]')
            from consent as one where one.beneficiary_id = whose.person
        ),
        'consent_grant', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.consent_id, one.line), '[]')
            from consent_grant as one join consent on consent.consent_id = one.consent_id
            where consent.beneficiary_id = whose.person
        ),
        'consent_event', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.sequence), '[]')
            from consent_event as one where one.beneficiary_id = whose.person
        ),
        'need', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.recorded_time, one.need_id), '[]')
            from need as one where one.beneficiary_id = whose.person
        ),
        'disclosure', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.disclosed_time, one.disclosure_id), '[]')
            from disclosure as one
            where one.beneficiary_id = whose.person and one.outcome = 'GIVEN' and one.kind <> 'COMPELLED'
        ),
        'emergency_access', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.requested_time, one.emergency_access_id), '[]')
            from emergency_access as one where one.beneficiary_id = whose.person
        ),
        'authority_notification', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.happened_time, one.authority_notification_id), '[]')
            from authority_notification as one
            where one.beneficiary_id = whose.person and coalesce(one.not_told_reason, 'NOT_REACHED') = 'NOT_REACHED'
        ),
        'rights_request', (
            select coalesce(jsonb_agg(to_jsonb(one) order by one.received_time, one.rights_request_id), '[]')
            from rights_request as one where one.beneficiary_id = whose.person
        )
    )
    from person_of_export(request) as whose (person) where whose.person is not null;
end;

revoke all on function person_of_export, records_for_export, rows_for_export from public;
grant execute on function person_of_export, records_for_export, rows_for_export to intake_app;

-- migrate:down
-- forward only
