-- migrate:up

-- Which records an erasure was of: all that were seen as the person's then. What agencies answer later belongs to all of them.
create policy functions_of_the_owner on erasure to intake_owner using (true);
alter table erasure add column beneficiary_ids uuid [];
update erasure set beneficiary_ids = array(
    select asked.beneficiary_id from rights_request as asked
    where asked.rights_request_id = erasure.rights_request_id
    union
    select seen.other_id
    from rights_request as asked join same_person as seen using (beneficiary_id)
    where asked.rights_request_id = erasure.rights_request_id and seen.unmerged_time is null
);
alter table erasure alter column beneficiary_ids set not null;

-- migrate:down
-- forward only
