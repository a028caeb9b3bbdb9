-- migrate:up

-- What a person asks help for; each row begins one referral. The note is sealed under the person's key.
create table need (
    need_id uuid primary key,
    referral_id uuid not null unique,
    beneficiary_id uuid not null references beneficiary,
    sender_agency_id uuid not null,
    recorded_by_principal_id uuid not null,
    service_type text not null,
    urgency text not null check (urgency in ('EMERGENCY', 'URGENT', 'NORMAL')),
    routing text not null check (routing in ('ASK_FIRST', 'CONSENTED', 'HOLD')),
    origin text not null,
    happened_time timestamptz not null,
    recorded_time timestamptz not null,
    continues_referral_id uuid references need (referral_id),
    sealed_note bytea,
    withdrawn_time timestamptz,
    withdrawn_reason text,
    withdrawn_by_principal_id uuid,
    check ((withdrawn_time is null) = (withdrawn_reason is null))
);

create index need_of_person on need (beneficiary_id, recorded_time desc, need_id desc);

revoke update, delete, truncate on need from intake_app, intake_worker;
grant update (withdrawn_time, withdrawn_reason, withdrawn_by_principal_id) on need to intake_app, intake_worker;

alter table need enable row level security, force row level security;
create policy need_app on need to intake_app using (
    sender_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy need_worker on need to intake_worker using (true);

-- migrate:down
-- forward only
