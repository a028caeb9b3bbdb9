-- migrate:up

-- What consent rests on: the texts that people are shown or read, and the rules for children. A data protection
-- officer publishes both; nothing is ever changed, a new version is added.
create table notice (
    version text primary key,
    controller text not null,
    jurisdiction text not null,
    storage text not null,
    retention text not null,
    withdrawal text not null,
    supervisory_authority text not null,
    published_by_principal_id uuid not null,
    published_time timestamptz not null
);

create table notice_text (
    version text not null references notice,
    language text not null,
    sha256 bytea not null check (octet_length(sha256) = 32),
    text text not null check (sha256 = sha256(convert_to(text, 'UTF8'))),
    primary key (version, language)
);

create table age_rule (
    rules_version integer not null check (rules_version > 0),
    from_age integer not null check (from_age >= 0),
    below_age integer not null,
    may_permit_alone boolean not null,
    assent_needed boolean not null,
    source text not null check (source <> ''),
    saved_by_principal_id uuid not null,
    saved_time timestamptz not null,
    primary key (rules_version, from_age),
    check (below_age > from_age and below_age <= 18)
);

revoke update, delete, truncate on notice, notice_text, age_rule from intake_app, intake_worker;

-- Nobody under 18 permits alone: Civil Code, art. 1510 (parents), Law 4960/2022 (guardians). The 15 years of Law
-- 4624/2019, art. 21, are about online services only, so they are not here.
insert into age_rule
select 1, from_age, below_age, false, assent_needed,
    'Civil Code, art. 1510; Law 4960/2022; '
    || 'Inter-agency Guidelines for Case Management and Child Protection (2014), consent by age',
    '00000000-0000-0000-0000-000000000000', now()
from (values (0, 6, false), (6, 12, true), (12, 15, true), (15, 18, true)) as rule (from_age, below_age, assent_needed);

-- Of a record: the one that it renews, and whether it was given for a whole family. child_age_band,
-- authority_expires_date and evidence_sha256 were there and are filled from now on.
alter table consent add column renews_consent_id uuid references consent;
alter table consent add column covers_family boolean not null default false;

-- migrate:down
-- forward only
