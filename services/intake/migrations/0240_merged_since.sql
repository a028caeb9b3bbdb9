-- migrate:up

-- When the last of the records was merged that an export by this request would tell of; null where there is but one. Who asked,
-- and who decided, meant the records that were seen as the person's then.
create function last_merge_for_export(request uuid) returns timestamptz
language sql volatile security definer set search_path from current
begin atomic
    select max(seen.merged_time)
    from person_of_export(request) as whose (person)
    join same_person as seen on seen.beneficiary_id = whose.person
    where seen.unmerged_time is null;
end;

revoke all on function last_merge_for_export from public;
grant execute on function last_merge_for_export to intake_app;

-- migrate:down
-- forward only
