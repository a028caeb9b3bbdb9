-- migrate:up

-- When a consumer took an event: the time of its batch's transaction. Rows from before have none. The default is
-- set apart, so that no row is written anew.
alter table inbox add column seen_time timestamptz;
alter table inbox alter column seen_time set default now();

-- migrate:down
-- forward only
