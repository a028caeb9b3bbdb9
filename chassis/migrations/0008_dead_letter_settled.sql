-- migrate:up

-- An operator asks for a letter to be taken again (redrive_asked_time); a worker takes it, or says here that it
-- still could not and takes the wish away.
alter table dead_letter add column redrive_failed_time timestamptz;

-- Dead letters leave 30 days after they were dealt with, however long they had lain open.
drop index dead_letter_closed;
create index dead_letter_closed on dead_letter (coalesce(redriven_time, discarded_time))
    where redriven_time is not null or discarded_time is not null;

-- migrate:down
-- forward only
