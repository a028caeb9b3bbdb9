-- migrate:up

-- What waits for a person's choice stands on the desk's first page however old it is: a handful among all that was ever sent.
create index referral_awaiting_person on referral (sender_agency_id, recorded_time desc, referral_id desc)
where state = 'AWAITING_PERSON';

-- migrate:down
-- forward only
