-- migrate:up

-- What is not valid any more says nothing any more: it may tell of a record that is somebody else's again.
alter table receipt drop constraint receipt_check;
update receipt set sealed_content = null where revoked_time is not null;
alter table receipt add check (
    num_nulls(code_digest, pin_digest, valid_until_time) = case form when 'REFUSED' then 3 else 0 end
);
alter table receipt add check ((sealed_content is null) = (form = 'REFUSED' or revoked_time is not null));
grant update (sealed_content) on receipt to intake_app;

-- As in 0220, of all records that are seen as the person's.
create or replace function receipts_for_export(request uuid) returns jsonb
language sql volatile security definer set search_path from current
begin atomic
    select jsonb_build_object(
        'receipt', coalesce(
            jsonb_agg(
                to_jsonb(one) - 'code_digest' - 'pin_digest' - 'sealed_content'
                order by one.issued_time, one.receipt_id
            ),
            '[]'
        )
    )
    from receipt as one where one.beneficiary_id = any(array(select people_of_export(request)));
end;

-- migrate:down
-- forward only
