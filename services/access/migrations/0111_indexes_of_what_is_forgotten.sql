-- migrate:up

-- What is over is deleted every minute, and found without reading whole tables. None of these columns changes while a
-- session is used, so that this stays an update within the page.
create index session_by_end on session (end_time);
create index device_by_use on device (used_time);
create index account_to_forget on account (closed_time) where login is not null and closed_time is not null;

-- migrate:down
-- forward only
