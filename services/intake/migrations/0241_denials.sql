-- migrate:up

-- A denial by somebody who may not decide for the person, as far as their record says, holds for what rests on consent; in an
-- emergency nobody's life is left to it.
alter table consent add column lacks_authority boolean not null default false;

create function binds_in_emergency(denial uuid) returns boolean
language sql stable security definer set search_path from current
begin atomic
    select not coalesce((select consent.lacks_authority from consent where consent.consent_id = denial), false);
end;
revoke all on function binds_in_emergency from public;
grant execute on function binds_in_emergency to intake_app, intake_worker;

-- A child protection officer lifts a denial that harms a child; why lies sealed under the child's own key.
alter table consent_event
    add column sealed_words bytea,
    drop constraint consent_event_state_check;
alter table consent_event add constraint consent_event_state_check check (
    state in (
        'UNKNOWN', 'REQUESTED', 'DEFERRED', 'REFUSED', 'GIVEN', 'RENEWED', 'WITHDRAWN', 'EXPIRED', 'TERMINATED',
        'INVALIDATED', 'OBJECTED', 'DENIAL_LIFTED'
    )
), add constraint consent_event_lifting check (
    (state = 'DENIAL_LIFTED') = (sealed_words is not null) and (state <> 'DENIAL_LIFTED' or consent_id is not null)
);

-- migrate:down
-- forward only
