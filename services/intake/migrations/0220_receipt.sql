-- migrate:up

-- What people took along, or did not want. Of the code and the PIN a keyed digest is kept; what the paper says lies sealed
-- under the person's own key, so that it goes with them. A person has one valid receipt at most.
create table receipt (
    receipt_id uuid primary key,
    request_id uuid not null,
    beneficiary_id uuid not null references beneficiary,
    agency_id uuid not null,
    issued_by_principal_id uuid not null,
    acting_person text not null,
    form text not null check (form in ('PAPER', 'FILE', 'REFUSED')),
    language text not null check (language in ('el', 'en', 'ar', 'fa', 'ur', 'fr')),
    code_digest bytea unique check (octet_length(code_digest) = 32),
    pin_digest bytea check (octet_length(pin_digest) = 32),
    sealed_content bytea,
    wrong_pins integer not null default 0 check (wrong_pins between 0 and 5),
    issued_time timestamptz not null,
    valid_until_time timestamptz,
    revoked_time timestamptz,
    revoked_by_principal_id uuid,
    unique (issued_by_principal_id, request_id),
    check (num_nulls(code_digest, pin_digest, sealed_content, valid_until_time) = case form when 'REFUSED' then 4 else 0 end),
    check (valid_until_time > issued_time),
    check ((revoked_time is null) = (revoked_by_principal_id is null)),
    check (form <> 'REFUSED' or revoked_time is null)
);

create unique index receipt_valid on receipt (beneficiary_id) where form <> 'REFUSED' and revoked_time is null;
create index receipt_of_person on receipt (beneficiary_id, issued_time);

revoke update, delete, truncate on receipt from intake_app, intake_worker;
grant update (wrong_pins, revoked_time, revoked_by_principal_id) on receipt to intake_app;

alter table receipt enable row level security, force row level security;
create policy receipt_app on receipt to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
) with check (
    exists (select from beneficiary where beneficiary.beneficiary_id = receipt.beneficiary_id)
    and (
        agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
        or (select current_setting('app.internal', true) = 'true')
    )
);
create policy receipt_worker on receipt to intake_worker using (true);
create policy exports_of_the_owner on receipt to intake_owner using (true);

-- How many codes were asked about in which minute. Which ones, and by whom, is kept nowhere.
create table receipt_check (
    minute_time timestamptz primary key check (minute_time = date_trunc('minute', minute_time)),
    valid integer not null default 0 check (valid >= 0),
    not_valid integer not null default 0 check (not_valid >= 0)
);

-- What of a person's export came after 0171: that somebody took paper along, or did not want any.
create function receipts_for_export(request uuid) returns jsonb
language sql volatile security definer set search_path from current
begin atomic
    select jsonb_build_object(
        'receipt', (
            select coalesce(
                jsonb_agg(
                    to_jsonb(one) - 'code_digest' - 'pin_digest' - 'sealed_content'
                    order by one.issued_time, one.receipt_id
                ),
                '[]'
            )
            from receipt as one where one.beneficiary_id = whose.person
        )
    )
    from person_of_export(request) as whose (person) where whose.person is not null;
end;

revoke all on function receipts_for_export from public;
grant execute on function receipts_for_export to intake_app;

-- migrate:down
-- forward only
