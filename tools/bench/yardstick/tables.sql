-- The tables of a plain web app: what a case needs, and nothing more.
create table person (
    person_id uuid primary key,
    names jsonb not null,
    contacts jsonb not null,
    birth_date date,
    sex text not null,
    nationality text not null,
    district text not null,
    languages text[] not null,
    age_band text not null,
    created_time timestamptz not null default now()
);

create table service (
    service_id uuid primary key,
    agency_id uuid not null,
    service_type text not null,
    name text not null,
    district text not null,
    areas text[] not null default '{}',
    languages text[] not null default '{}',
    age_bands text[] not null default '{}',
    suspended boolean not null default false,
    places integer not null,
    reserved integer not null default 0,
    occupied integer not null default 0,
    check (reserved + occupied <= places)
);
create index service_by_type on service (service_type);

create table need (
    need_id uuid primary key,
    person_id uuid not null references person,
    service_type text not null,
    urgency text not null,
    recorded_time timestamptz not null default now()
);
create index need_by_person on need (person_id);

create table referral (
    referral_id uuid primary key,
    need_id uuid not null references need,
    person_id uuid not null references person,
    state text not null,
    holder_agency_id uuid,
    started_time timestamptz,
    closed_time timestamptz,
    outcome text
);
create index referral_by_person on referral (person_id);

create table offer (
    offer_id uuid primary key,
    referral_id uuid not null references referral,
    agency_id uuid not null,
    service_id uuid not null references service,
    state text not null,
    offered_time timestamptz not null default now(),
    respond_by_time timestamptz not null default now() + interval '3 days',
    delivered_time timestamptz,
    answered_time timestamptz
);
create index offer_by_referral on offer (referral_id);
create index offer_undelivered on offer (agency_id, offered_time) where delivered_time is null;

create table account (
    token text primary key,
    agency_id uuid not null,
    role text not null
);
