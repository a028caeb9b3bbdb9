-- migrate:up

-- What is not valid any more leads to nobody: neither code nor PIN is left to find it by. emptied_time: since when that is so
-- without anybody's act, as its time was over, or what is known of the person was destroyed; it counts as no contact.
alter table receipt add column emptied_time timestamptz check (form <> 'REFUSED' or emptied_time is null);
alter table receipt drop constraint receipt_check;
alter table receipt drop constraint receipt_check4;
update receipt set code_digest = null, pin_digest = null where revoked_time is not null;
update receipt set code_digest = null, pin_digest = null, sealed_content = null, emptied_time = clock_timestamp()
where form <> 'REFUSED' and revoked_time is null and (
    valid_until_time <= clock_timestamp()
    or exists (
        select from beneficiary
        where beneficiary.beneficiary_id = receipt.beneficiary_id and beneficiary.erased_time is not null
    )
    or exists (
        select from destroyed_key as gone
        where gone.beneficiary_id = receipt.beneficiary_id and gone.destroyed_time > receipt.issued_time
    )
);
alter table receipt add check ((valid_until_time is null) = (form = 'REFUSED'));
alter table receipt add check (num_nulls(code_digest, pin_digest) in (0, 2));
alter table receipt add check (
    (sealed_content is null) = (form = 'REFUSED' or revoked_time is not null or emptied_time is not null)
);
alter table receipt add check (
    code_digest is not null or form = 'REFUSED' or revoked_time is not null or emptied_time is not null
);
alter table receipt add check (code_digest is null or (form <> 'REFUSED' and emptied_time is null));

drop index receipt_valid;
create unique index receipt_valid on receipt (beneficiary_id)
where form <> 'REFUSED' and revoked_time is null and emptied_time is null;
create index receipt_expiring on receipt (valid_until_time)
where form <> 'REFUSED' and revoked_time is null and emptied_time is null;

grant update (code_digest, pin_digest, emptied_time) on receipt to intake_app;
grant update (code_digest, pin_digest, sealed_content, emptied_time) on receipt to intake_worker;

-- migrate:down
-- forward only
