-- migrate:up

-- About somebody who was erased since the emergency, a finding has no words: there is no key to seal them with.
alter table emergency_review drop constraint emergency_review_check2;
alter table emergency_review add check (num_nulls(finding, reviewed_by_principal_id, reviewed_time) in (0, 3));
alter table emergency_review add check (sealed_words is null or finding is not null);

-- migrate:down
-- forward only
