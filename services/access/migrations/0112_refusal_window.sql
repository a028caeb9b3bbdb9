-- migrate:up

-- How often sign-in was refused to whom, and why, in a window of time. The first few are told one by one, the others as
-- one number when the window ends and the row goes. Who is nobody's account stands here as the service itself.
create table refusal_window (
    principal_id uuid not null,
    method text not null,
    reason text not null,
    begin_time timestamptz not null,
    times bigint not null check (times > 0),
    primary key (principal_id, method, reason)
) with (fillfactor = 80);

create index refusal_window_by_time on refusal_window (begin_time);
revoke all on refusal_window from access_app;

-- migrate:down
-- forward only
