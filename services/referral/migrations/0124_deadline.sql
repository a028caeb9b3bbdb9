-- migrate:up

-- What is to be done and when. A row is only a reminder to look: whoever takes it decides by the state that
-- it then finds. Any number of workers take rows FOR UPDATE SKIP LOCKED.
--   OFFER           an offer's next reminder (detail: stage/questions asked) or its end (detail: END)
--   PERSON_CLOCK    the person's clock runs out
--   FIND_PROVIDER   the next provider is sought for a referral in MATCHING
--   PLACE_FREED     a unit's waiting list, after a release or a declaration
--   LOOK_AGAIN      a unit's waiting list, after somebody was put on it
--   SERVICE_CLOSED  a service takes nobody any more: open offers and waiters (detail: the cause)
--   AGREEMENT_ENDS  an agency's agreement runs out
--   UNIT_CLOSED     an activity is over, or a service has got activities
--   REMATCH         what waits or found nobody, by service type or by referral (detail: the cause)
create table deadline (
    deadline_id bigint generated always as identity primary key,
    due_time timestamptz not null,
    kind text not null check (kind in ('OFFER', 'PERSON_CLOCK', 'FIND_PROVIDER', 'PLACE_FREED', 'LOOK_AGAIN',
                                       'SERVICE_CLOSED', 'AGREEMENT_ENDS', 'UNIT_CLOSED', 'REMATCH')),
    referral_id uuid,
    offer_id uuid,
    unit_id uuid,
    service_id uuid,
    agency_id uuid,
    service_type text,
    detail text not null default '',
    tries integer not null default 0
);

-- at the same instant by kind: an offer ends before the clock that ended it is told of
create index deadline_due on deadline (due_time, kind, deadline_id);
create index deadline_by_referral on deadline (referral_id) where referral_id is not null;

-- Who waits for a place of a unit. is_asleep: the agency itself said that it has none, so only a place that
-- frees afterwards counts.
create table waitlist_entry (
    unit_id uuid not null,
    referral_id uuid not null references referral,
    service_id uuid not null,
    agency_id uuid not null,
    urgency text not null check (urgency in ('EMERGENCY', 'URGENT', 'NORMAL')),
    priority_group integer not null default 0,
    since_time timestamptz not null,
    is_asleep boolean not null default false,
    primary key (unit_id, referral_id)
);

create index waitlist_entry_by_referral on waitlist_entry (referral_id);
create index waitlist_entry_by_service on waitlist_entry (service_id);

-- migrate:down
-- forward only
