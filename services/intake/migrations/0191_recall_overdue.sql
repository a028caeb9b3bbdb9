-- migrate:up

-- That an agency has not answered in time is told once, to both sides; whoever tells marks the row in the same commit. What was
-- overdue before is told too.
alter table recall add column overdue_told_time timestamptz check (overdue_told_time >= due_time);

create index recall_overdue_untold on recall (due_time, recall_id)
where acknowledged_time is null and overdue_told_time is null;

grant update (overdue_told_time) on recall to intake_worker;

-- migrate:down
-- forward only
