-- migrate:up

-- Dead letters leave 30 days after somebody has dealt with them; the open ones stay until then.
create index dead_letter_closed on dead_letter (dead_letter_time)
    where redriven_time is not null or discarded_time is not null;

-- migrate:down
-- forward only
