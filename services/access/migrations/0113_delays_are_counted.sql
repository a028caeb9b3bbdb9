-- migrate:up

-- Whoever comes within a delay is counted like every other refusal.
alter table sign_in_try drop column is_delay_told;

-- migrate:down
-- forward only
