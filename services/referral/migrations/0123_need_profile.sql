-- migrate:up

-- What intake last said that matching may know (kem.intake.v1.NeedProfile as bytes): derived bands, a cache.
-- The row is deleted when the referral is final or the person is erased.
create table need_profile (
    referral_id uuid primary key references referral,
    profile bytea not null,
    profile_version bigint not null,
    fetched_time timestamptz not null
);

-- Why these providers: every match with the score's terms and the directory versions that it rested on.
create table proposal (
    referral_id uuid not null references referral,
    match_number integer not null,
    rank integer not null,
    service_id uuid not null,
    agency_id uuid not null,
    service_version bigint not null,
    score double precision not null,
    terms jsonb not null,
    warnings text[] not null,
    free_places integer,
    permitted boolean not null,
    policy_version text not null,
    match_time timestamptz not null,
    primary key (referral_id, match_number, rank)
);

-- A gap in service: a fact, also when the referral is matched later. Only the sector ever leaves this table.
create table gap (
    gap_id uuid primary key,
    referral_id uuid not null,
    service_type text,
    sector text,
    urgency text not null,
    reason text not null,
    gap_time timestamptz not null
);

create index gap_by_time on gap (gap_time);

-- migrate:down
-- forward only
