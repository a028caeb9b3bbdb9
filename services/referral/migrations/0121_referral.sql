-- migrate:up

-- One need's way to a provider. version counts the events that told of it, change_number every change.
create table referral (
    referral_id uuid primary key,
    need_id uuid not null unique,
    beneficiary_id uuid not null,
    sender_agency_id uuid not null,
    service_type text,
    urgency text not null check (urgency in ('EMERGENCY', 'URGENT', 'NORMAL')),
    routing text not null check (routing in ('ASK_FIRST', 'CONSENTED', 'HOLD')),
    origin text not null,
    state text not null check (state in (
        'MATCHING', 'OFFERED', 'AWAITING_PERSON', 'WAITLISTED', 'UNMATCHED', 'ACCEPTED_FOR_ASSESSMENT',
        'ACCEPTED', 'IN_SERVICE', 'COMPLETED', 'NOT_COMPLETED', 'WITHDRAWN', 'CANCELLED', 'ENTERED_IN_ERROR')),
    version bigint not null,
    change_number bigint not null,
    policy_version text not null,
    recorded_time timestamptz not null,
    person_due_time timestamptz not null,
    round_start_time timestamptz not null,
    continues_referral_id uuid,
    offers_made integer not null default 0,
    matches_made integer not null default 0,
    current_offer_id uuid,
    waiting_offer_id uuid,
    holder_agency_id uuid,
    chosen_service_ids uuid[],
    chosen_time timestamptz,
    override_reason text,
    answered_time timestamptz,
    clock_ended_time timestamptz,
    started_time timestamptz,
    closed_time timestamptz,
    outcome text,
    outcome_confirmed_by text,
    reason text,
    check ((state in ('COMPLETED', 'NOT_COMPLETED', 'WITHDRAWN', 'CANCELLED', 'ENTERED_IN_ERROR'))
           = (closed_time is not null)),
    check (state not in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'IN_SERVICE', 'COMPLETED', 'NOT_COMPLETED')
           or holder_agency_id is not null),
    check (state <> 'OFFERED' or current_offer_id is not null),
    check ((state = 'COMPLETED') = (outcome is not null))
);

create index referral_by_beneficiary on referral (beneficiary_id);
create index referral_by_sender on referral (sender_agency_id, recorded_time desc, referral_id);
create index referral_by_holder on referral (holder_agency_id, recorded_time desc, referral_id)
    where holder_agency_id is not null;
create index referral_waiting on referral (service_type)
    where state in ('WAITLISTED', 'UNMATCHED', 'AWAITING_PERSON');

-- migrate:down
-- forward only
