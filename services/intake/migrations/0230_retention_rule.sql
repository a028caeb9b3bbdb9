-- migrate:up

-- For how long what is known of people is kept: rules with their sources. A data protection officer saves them; nothing is
-- ever changed, a new version is added. What lies under one key is destroyed together, so each class of keys has one rule.
create table retention_rule (
    rules_version integer not null check (rules_version > 0),
    key_class text not null check (key_class in ('core', 'contact', 'sensitive', 'child')),
    start text not null check (start in ('LAST_CONTACT', 'CASE_CLOSED', 'CONSENT_ENDED')),
    months integer not null check (months > 0),
    grace_days integer not null check (grace_days > 0),
    source text not null check (source <> ''),
    saved_by_principal_id uuid not null,
    saved_time timestamptz not null,
    primary key (rules_version, key_class)
);

revoke update, delete, truncate on retention_rule from intake_app, intake_worker;

-- To begin with: a way to reach somebody for a year after it was last used, what is sensitive or about children for two
-- years after the case, and who somebody was for the five years in which claims can be made of what was done.
insert into retention_rule
select 1, key_class, start, months, 30, source, '00000000-0000-0000-0000-000000000000', now()
from (
    values
    ('contact', 'LAST_CONTACT', 12, 'GDPR, art. 5(1)(c) and (e)'),
    ('sensitive', 'CASE_CLOSED', 24, 'GDPR, art. 5(1)(e) and 9'),
    ('child', 'CASE_CLOSED', 24, 'GDPR, art. 5(1)(e), recital 38'),
    ('core', 'CASE_CLOSED', 60, 'GDPR, art. 5(1)(e) and 17(3)(e); Civil Code, art. 937')
) as rule (key_class, start, months, source);

-- migrate:down
-- forward only
