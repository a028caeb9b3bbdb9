-- migrate:up

-- Tries to reach the person of a referral, as intake has told of them: when, by which side, whether by a safe channel, and
-- whether the person was reached. Whoever gives somebody up has enough of them (domain/giving_up.py).
create table contact_attempt (
    contact_attempt_id uuid primary key,
    referral_id uuid not null references referral,
    happened_time timestamptz not null,
    by_sender boolean not null,
    by_safe_channel boolean not null,
    is_reached boolean not null
);

create index contact_attempt_of_referral on contact_attempt (referral_id, happened_time);

revoke insert, update, delete, truncate on contact_attempt from referral_app;
revoke update, delete, truncate on contact_attempt from referral_worker;

-- row-level security of referral says which ones a caller reaches
alter table contact_attempt enable row level security, force row level security;
create policy contact_attempt_worker on contact_attempt to referral_worker using (true);
create policy contact_attempt_read on contact_attempt for select to referral_app using (
    exists (select from referral where referral.referral_id = contact_attempt.referral_id)
);

-- migrate:down
-- forward only
