-- migrate:up

-- A service may ask that the proof of legal status lasts until its activity ends; without the rule an earlier end
-- is a warning of the match.
alter table service add column status_proof_until_end boolean not null default false;

-- migrate:down
-- forward only
