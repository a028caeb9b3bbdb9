-- migrate:up

-- When some consent of a person, or some denial, begins or ends by time alone. A row only reminds a timer to tell
-- so; what holds then is read from the cells. Withdrawals let rows be: such a row makes others ask once more.
-- Whoever told takes the row away, in the same commit; any number of workers take rows FOR UPDATE SKIP LOCKED.
create table consent_moment (
    consent_moment_id bigint generated always as identity primary key,
    due_time timestamptz not null,
    beneficiary_id uuid not null references beneficiary
);

create index consent_moment_due on consent_moment (due_time, consent_moment_id);

-- calls only leave a reminder
revoke select, update, delete, truncate on consent_moment from intake_app;

-- Consent that was recorded before this table was there. What has passed by now nobody has noticed: it is told too.
-- Row-level security binds the owner as well, so it is lifted for this one reading.
alter table consent no force row level security;
insert into consent_moment (due_time, beneficiary_id)
select consent.valid_from_time, consent.beneficiary_id from consent
where consent.valid_from_time > consent.recorded_time
union
select consent.valid_until_time, consent.beneficiary_id from consent;
alter table consent force row level security;

-- migrate:down
-- forward only
