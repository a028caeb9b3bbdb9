-- migrate:up

-- At a start intake itself ends a merge that came back with an older database, where one of the two was erased since.
grant update (sealed_unmerge_words, unmerged_by_principal_id, unmerge_acting_person, unmerged_time)
on beneficiary_merge to intake_worker;
grant execute on function settle_permitted_again to intake_worker;

-- migrate:down
-- forward only
