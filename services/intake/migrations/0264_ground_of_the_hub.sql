-- migrate:up

-- That the person permits again what was asked back is said by the hub alone (settle_permitted_again, 0260): a holder who said so
-- would keep what it must destroy, and be late with nothing.
drop policy recall_answered on recall;
create policy recall_answered on recall for update to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
) with check (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    and kept_ground <> 'PERMITTED_AGAIN'
);

-- migrate:down
-- forward only
