-- migrate:up

-- Where somebody else decides for a person than before, what was permitted is frozen in the same commit, and a child protection
-- officer looks at it by due_time. A freeze that an officer began has none: that officer is at it.
alter table consent_freeze add column due_time timestamptz check (due_time > frozen_time);

grant update (due_time) on consent_freeze to intake_app;

create index consent_freeze_waiting on consent_freeze (frozen_by_agency_id, frozen_time, consent_freeze_id)
where lifted_time is null;

-- migrate:down
-- forward only
