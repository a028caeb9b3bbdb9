-- migrate:up

-- One referral put to one service's queue. The sender is repeated here for row-level security.
create table offer (
    offer_id uuid primary key,
    referral_id uuid not null references referral,
    agency_id uuid not null,
    sender_agency_id uuid not null,
    service_id uuid not null,
    activity_id uuid,
    unit_id uuid not null,
    service_version bigint not null,
    number integer not null,
    state text not null check (state in (
        'SENT', 'NEEDS_INFORMATION', 'ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'WAITLISTED', 'DECLINED', 'EXPIRED',
        'REVOKED', 'RETURNED')),
    version bigint not null,
    offered_time timestamptz not null,
    window_start_time timestamptz not null,
    respond_by_time timestamptz not null,
    remaining_seconds bigint,
    delivered_time timestamptz,
    acknowledged_time timestamptz,
    answered_time timestamptz,
    ended_time timestamptz,
    reason text,
    estimated_date date,
    questions integer not null default 0,
    unique (referral_id, number),
    check ((state in ('SENT', 'NEEDS_INFORMATION')) = (ended_time is null)),
    check ((state = 'NEEDS_INFORMATION') = (remaining_seconds is not null)),
    check ((state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'RETURNED')) = (answered_time is not null))
);

-- whatever the code does, a referral has one open offer and one holder
create unique index offer_open on offer (referral_id) where state in ('SENT', 'NEEDS_INFORMATION');
create unique index offer_taken_up on offer (referral_id) where state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED');
create index offer_open_by_agency on offer (agency_id, referral_id) where state in ('SENT', 'NEEDS_INFORMATION');
create index offer_open_by_service on offer (service_id) where state in ('SENT', 'NEEDS_INFORMATION');
create index offer_by_unit on offer (unit_id)
    where state in ('SENT', 'NEEDS_INFORMATION', 'ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED');
create index offer_by_agency on offer (agency_id, referral_id);

-- Words that went with an offer or an end: sealed under the person's key by intake, opaque here.
create table offer_note (
    note_id bigint generated always as identity primary key,
    referral_id uuid not null references referral,
    offer_id uuid not null references offer,
    agency_id uuid not null,
    sender_agency_id uuid not null,
    kind text not null check (kind in ('QUESTION', 'ANSWER', 'DECLINE', 'RETURN', 'NOT_COMPLETED')),
    sealed bytea not null,
    written_time timestamptz not null
);

create index offer_note_by_referral on offer_note (referral_id);

-- migrate:down
-- forward only
