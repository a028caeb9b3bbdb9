-- migrate:up

-- Whether whoever interpreted had signed confidentiality, as the desk said. Null: nobody interpreted, or the record is from
-- before this was kept; one who had not signed was refused then as now.
alter table consent add column interpreter_has_signed boolean;
alter table consent
add constraint consent_interpreter_has_signed check (interpreter_has_signed is null or with_interpreter);

-- The way of an auditor to the consents of children, and to those at which somebody interpreted.
create index consent_of_children on consent (recorded_time, consent_id)
where child_age_band is not null or given_by <> 'SELF';
create index consent_with_interpreter on consent (recorded_time, consent_id) where with_interpreter;

-- migrate:down
-- forward only
