-- migrate:up

-- Whoever waits has a group of the published list (kernel/data/priority_groups.toml; 1 is first). Those who were put
-- on a list before groups were told count as the last until they are matched again, which is at once.
update waitlist_entry set priority_group = 4;
alter table waitlist_entry alter column priority_group drop default;
insert into deadline (due_time, kind, referral_id, detail)
select distinct now(), 'REMATCH', referral_id, 'PROFILE_CHANGED' from waitlist_entry;

-- migrate:down
-- forward only
