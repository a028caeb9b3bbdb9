-- migrate:up

-- What an agency holds now is listed by itself, and soon it has held far more than it holds.
create index referral_held_by_agency on referral (holder_agency_id, recorded_time desc, referral_id) include (state)
    where state in ('ACCEPTED', 'ACCEPTED_FOR_ASSESSMENT', 'IN_SERVICE');

-- migrate:down
-- forward only
