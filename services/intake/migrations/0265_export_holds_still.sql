-- migrate:up

-- Whom a request asks to see, under the conditions of 0161.
create function asked_to_see(request uuid) returns uuid
language sql stable security definer set search_path from current
begin atomic
    select asked.beneficiary_id from rights_request as asked
    where asked.rights_request_id = request and asked.answer is null
    and asked.asked_right in ('ACCESS', 'PORTABILITY')
    and (
        asked.agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
        or (select current_setting('app.officer', true) = 'true')
    );
end;

-- Keeps all records of that person as they are until the transaction ends, in the order of 0242. It is a statement of its own
-- before any that reads: one that waits for an erasure reads what was there before it.
create function hold_people_of_export(request uuid) returns void
language plpgsql volatile security definer set search_path from current as $$
declare
    person uuid := asked_to_see(request);
    together uuid [];
begin
    loop
        together := records_as_one(array[person]);
        begin
            perform from beneficiary where beneficiary_id = any(together) order by beneficiary_id for share;
            exit when together = records_as_one(array[person]);
            raise sqlstate 'KM001';
        exception
            when sqlstate 'KM001' then null;
        end;
    end loop;
end
$$;

create or replace function person_of_export(request uuid) returns uuid
language sql volatile security definer set search_path from current
begin atomic
    select person.beneficiary_id from beneficiary as person
    where person.beneficiary_id = asked_to_see(request)
    for share of person;
end;

revoke all on function asked_to_see, hold_people_of_export from public;
grant execute on function hold_people_of_export to intake_app;

-- migrate:down
-- forward only
