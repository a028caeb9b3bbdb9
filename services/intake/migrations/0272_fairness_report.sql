-- migrate:up

-- Reports of whether help comes as soon to some as to others: counts by bands, none of them of few. One begins where the one
-- before ended, so no need is in two, and what was made stays: nothing follows from comparing reports.
create table fairness_report (
    number integer primary key check (number > 0),
    request_id uuid not null,
    from_time timestamptz,
    until_time timestamptz not null,
    needs integer not null check (needs > 0),
    content jsonb not null,
    made_by_principal_id uuid not null,
    made_time timestamptz not null,
    unique (made_by_principal_id, request_id),
    check ((from_time is null) = (number = 1)),
    check (from_time is null or from_time < until_time)
);

revoke update, delete, truncate on fairness_report from intake_app, intake_worker;

alter table fairness_report enable row level security, force row level security;
create policy fairness_report_app on fairness_report to intake_app using (
    (select current_setting('app.internal', true) = 'true')
);
create policy fairness_report_worker on fairness_report to intake_worker using (true);

-- migrate:down
-- forward only
