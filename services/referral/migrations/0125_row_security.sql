-- migrate:up

-- The second wall (the first is the use case): an agency's calls see the referrals that it sent and those that
-- it was ever offered; what of them it may still read is decided at each read. Batches and timers see all.
create function calling_agency() returns uuid language sql stable
    return nullif(current_setting('app.agency', true), '')::uuid;

alter table referral enable row level security;
alter table referral force row level security;
create policy referral_worker on referral to referral_worker using (true);
create policy referral_app on referral to referral_app using (
    sender_agency_id = (select calling_agency())
    or exists (
        select from offer
        where offer.referral_id = referral.referral_id and offer.agency_id = (select calling_agency())
    )
);

alter table offer enable row level security;
alter table offer force row level security;
create policy offer_worker on offer to referral_worker using (true);
create policy offer_app on offer to referral_app using (
    agency_id = (select calling_agency()) or sender_agency_id = (select calling_agency())
);

alter table offer_note enable row level security;
alter table offer_note force row level security;
create policy offer_note_worker on offer_note to referral_worker using (true);
create policy offer_note_app on offer_note to referral_app using (
    agency_id = (select calling_agency()) or sender_agency_id = (select calling_agency())
);

-- whoever sees the referral row
alter table need_profile enable row level security;
alter table need_profile force row level security;
create policy need_profile_worker on need_profile to referral_worker using (true);
create policy need_profile_app on need_profile to referral_app using (
    exists (select from referral where referral.referral_id = need_profile.referral_id)
);

-- which other services were thought of is the sender's alone
alter table proposal enable row level security;
alter table proposal force row level security;
create policy proposal_worker on proposal to referral_worker using (true);
create policy proposal_app on proposal to referral_app using (
    exists (
        select from referral
        where referral.referral_id = proposal.referral_id
            and referral.sender_agency_id = (select calling_agency())
    )
);

-- deadline and waitlist_entry have none, as capacity has none: whoever offers counts who else waits

-- gaps are written and read by batches only
alter table gap enable row level security;
alter table gap force row level security;
create policy gap_worker on gap to referral_worker using (true);

-- what was matched and what was asked is history
revoke update, delete on proposal, gap from referral_app, referral_worker;
revoke delete on referral, offer, offer_note from referral_app, referral_worker;

-- migrate:down
-- forward only
