-- migrate:up

-- The second wall (the first is the use case): an agency's calls reach the referrals that it sent and those that
-- it was ever offered, of these the card and the words only while it is asked or holds them; what of them it may
-- read is decided at each read. Who the person is, no call learns. Batches and timers reach all.
create function calling_agency() returns uuid language sql stable
    return nullif(current_setting('app.agency', true), '')::uuid;

alter table referral enable row level security;
alter table referral force row level security;
create policy referral_worker on referral to referral_worker using (true);
create policy referral_read on referral for select to referral_app using (
    sender_agency_id = (select calling_agency())
    or exists (
        select from offer
        where offer.referral_id = referral.referral_id and offer.agency_id = (select calling_agency())
            and offer.sender_agency_id = referral.sender_agency_id
    )
);
create policy referral_step on referral for update to referral_app using (
    sender_agency_id = (select calling_agency())
    or exists (
        select from offer
        where offer.referral_id = referral.referral_id and offer.agency_id = (select calling_agency())
            and offer.sender_agency_id = referral.sender_agency_id
    )
);
revoke select, insert, delete on referral from referral_app;
revoke delete on referral from referral_worker;
-- a column that a later migration adds is granted there
do $$
begin
    execute (
        select format('grant select (%s) on referral to referral_app', string_agg(quote_ident(attname), ', '))
        from pg_attribute
        where attrelid = 'referral'::regclass and attnum > 0 and attname <> 'beneficiary_id'
    );
end
$$;

alter table offer enable row level security;
alter table offer force row level security;
create policy offer_worker on offer to referral_worker using (true);
create policy offer_read on offer for select to referral_app using (
    agency_id = (select calling_agency()) or sender_agency_id = (select calling_agency())
);
create policy offer_made on offer for insert to referral_app with check (
    sender_agency_id = (select calling_agency())
);
create policy offer_step on offer for update to referral_app using (
    agency_id = (select calling_agency()) or sender_agency_id = (select calling_agency())
);
revoke delete on offer from referral_app, referral_worker;

-- whoever writes: whose it is, and to whom it went, stays as it was
create function refuse_another_identity() returns trigger language plpgsql as $$
begin
    raise exception 'whose % this is never changes', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger referral_stays_whose_it_is before update on referral for each row
    when ((old.referral_id, old.need_id, old.beneficiary_id, old.sender_agency_id)
        is distinct from (new.referral_id, new.need_id, new.beneficiary_id, new.sender_agency_id))
    execute function refuse_another_identity();
create trigger offer_stays_whose_it_is before update on offer for each row
    when ((old.offer_id, old.referral_id, old.agency_id, old.sender_agency_id, old.service_id)
        is distinct from (new.offer_id, new.referral_id, new.agency_id, new.sender_agency_id, new.service_id))
    execute function refuse_another_identity();

-- words: the sender's, and the agency's while it is asked or holds what goes on
alter table offer_note enable row level security;
alter table offer_note force row level security;
create policy offer_note_worker on offer_note to referral_worker using (true);
create policy offer_note_read on offer_note for select to referral_app using (
    sender_agency_id = (select calling_agency())
    or agency_id = (select calling_agency()) and exists (
        select from offer
        join referral on referral.referral_id = offer.referral_id
        where offer.referral_id = offer_note.referral_id and offer.agency_id = offer_note.agency_id
            and offer.state in ('SENT', 'NEEDS_INFORMATION', 'ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED')
            and referral.closed_time is null
    )
);
create policy offer_note_written on offer_note for insert to referral_app with check (
    agency_id = (select calling_agency()) or sender_agency_id = (select calling_agency())
);
revoke update, delete on offer_note from referral_app, referral_worker;

-- the card: the same; only the sender's calls renew it, and whoever ends the referral deletes it
alter table need_profile enable row level security;
alter table need_profile force row level security;
create policy need_profile_worker on need_profile to referral_worker using (true);
create policy need_profile_read on need_profile for select to referral_app using (
    exists (
        select from referral
        where referral.referral_id = need_profile.referral_id and (
            referral.sender_agency_id = (select calling_agency())
            or exists (
                select from offer
                where offer.referral_id = referral.referral_id
                    and offer.agency_id = (select calling_agency())
                    and offer.sender_agency_id = referral.sender_agency_id
                    and offer.state in ('SENT', 'NEEDS_INFORMATION', 'ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED')
            )
        )
    )
);
create policy need_profile_new on need_profile for insert to referral_app with check (
    exists (
        select from referral
        where referral.referral_id = need_profile.referral_id
            and referral.sender_agency_id = (select calling_agency())
    )
);
create policy need_profile_renewed on need_profile for update to referral_app using (
    exists (
        select from referral
        where referral.referral_id = need_profile.referral_id
            and referral.sender_agency_id = (select calling_agency())
    )
);
-- what a deletion reaches is bounded by need_profile_read
create policy need_profile_forgotten on need_profile for delete to referral_app using (true);

-- which other services were thought of is the sender's alone
alter table proposal enable row level security;
alter table proposal force row level security;
create policy proposal_worker on proposal to referral_worker using (true);
create policy proposal_read on proposal for select to referral_app using (
    exists (
        select from referral
        where referral.referral_id = proposal.referral_id
            and referral.sender_agency_id = (select calling_agency())
    )
);
create policy proposal_made on proposal for insert to referral_app with check (
    exists (
        select from referral
        where referral.referral_id = proposal.referral_id
            and referral.sender_agency_id = (select calling_agency())
    )
);

-- What was matched is history that nobody rewrites. But when the referral ends, by whatever hand, what its terms
-- and warnings say of the person goes as the card does; the terms with their values and weights stay.
revoke update, delete on proposal from referral_app, referral_worker;
create policy proposal_end on proposal to referral_owner using (true);
create function forget_person_in_proposals() returns trigger
language plpgsql security definer set search_path from current as $$
begin
    update proposal
    set warnings = '{}',
        terms = coalesce(
            (
                select jsonb_agg(
                    case
                        when stored.term ->> 'term' in ('FREE_PLACES', 'FRESHNESS', 'TIME_TO_START') then stored.term
                        else jsonb_set(stored.term, '{facts}', '{}')
                    end
                    order by stored.place
                )
                from jsonb_array_elements(proposal.terms) with ordinality as stored (term, place)
            ),
            '[]'
        )
    where referral_id = new.referral_id;
    return null;
end
$$;
revoke all on function forget_person_in_proposals from public;
create trigger referral_end_forgets after update of closed_time on referral for each row
    when (old.closed_time is null and new.closed_time is not null)
    execute function forget_person_in_proposals();

-- deadline and waitlist_entry have none, as capacity has none: whoever offers counts who else waits

-- gaps are written and read by batches only
alter table gap enable row level security;
alter table gap force row level security;
create policy gap_worker on gap to referral_worker using (true);
revoke update, delete on gap from referral_app, referral_worker;

-- migrate:down
-- forward only
