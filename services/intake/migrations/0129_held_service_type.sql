-- migrate:up

-- Purpose and needs follow from what the person asked for and from what its type needs at each disclosure, for every
-- service alike; an acceptance had fixed them before, and could not for restricted services.
alter table held_referral add column service_type text;
update held_referral set service_type = need.service_type from need where need.referral_id = held_referral.referral_id;
alter table held_referral
    alter column service_type set not null,
    drop column purpose,
    drop column needed_mask,
    drop column is_restricted;

-- migrate:down
-- forward only
