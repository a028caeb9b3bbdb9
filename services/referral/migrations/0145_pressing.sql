-- migrate:up

-- What presses at a desk is found however much was sent: emergencies without an answer, and questions, are a handful at any time.
create index referral_emergency on referral (sender_agency_id)
    where urgency = 'EMERGENCY' and answered_time is null and closed_time is null;
create index offer_question on offer (sender_agency_id, referral_id) where state = 'NEEDS_INFORMATION';

-- migrate:down
-- forward only
