-- migrate:up

-- A sharing agreement that was there already says something else now. A row reminds the timer of consent moments to
-- tell all who let this agency see something: whoever matches asks again, and takes back what is covered no more.
create table agreement_moment (
    agreement_moment_id bigint generated always as identity primary key,
    agency_id uuid not null
);

-- calls only leave a reminder
revoke select, update, delete, truncate on agreement_moment from intake_app;

-- migrate:down
-- forward only
