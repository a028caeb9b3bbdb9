-- migrate:up

-- Events are found by their place and their ids, never by what is in them: the planner needs no statistics of that.
alter table event_log alter column payload set statistics 0,
                      alter column traceparent set statistics 0, alter column tracestate set statistics 0;

-- migrate:down
-- forward only
