-- migrate:up

create policy functions_of_the_owner on correction to intake_owner using (true);

-- Which of what was given by this disclosure was corrected since; of an export, on any of the records that it was of. Told
-- to whoever was given it or gave it, and to officers of the hub.
create function corrected_since_given(given_id uuid) returns bigint
language sql stable security definer set search_path from current
begin atomic
    select coalesce(bit_or(given.given_mask & correction.corrected_mask), 0)
    from disclosure as named
    join disclosure as given on given.disclosure_id = named.disclosure_id or (
        named.kind = 'SUBJECT' and given.kind = 'SUBJECT' and given.rights_request_id = named.rights_request_id
        and given.disclosed_time = named.disclosed_time
    )
    join correction
        on correction.beneficiary_id = given.beneficiary_id and correction.corrected_time > given.disclosed_time
    where named.disclosure_id = given_id and (
        (select nullif(current_setting('app.agency', true), '')::uuid) in (named.agency_id, named.told_by_agency_id)
        or (select current_setting('app.officer', true) = 'true')
    );
end;

revoke all on function corrected_since_given from public;
grant execute on function corrected_since_given to intake_app;

-- migrate:down
-- forward only
