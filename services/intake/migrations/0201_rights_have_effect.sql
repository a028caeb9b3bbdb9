-- migrate:up

-- What fulfilled a request: the export (a disclosure), the correction, the freeze, the consent event of an objection.
-- Of what was answered before, nobody knows. An erasure shows by the person.
alter table rights_request
    add column fulfilled_by_id uuid,
    add column no_export_ground text,
    add constraint rights_request_has_effect check (
        num_nonnulls(fulfilled_by_id, no_export_ground)
        = case when answer = 'FULFILLED' and asked_right <> 'ERASURE' then 1 else 0 end
    ) not valid;
grant update (fulfilled_by_id, no_export_ground) on rights_request to intake_app;

-- A restriction at the person's wish (GDPR article 18) is a freeze too: one for each request, lifted by itself.
alter table consent_freeze
    add column ground text not null default 'GUARDIAN_DOUBTED',
    add column rights_request_id uuid references rights_request,
    add column lifting_told_time timestamptz,
    add constraint consent_freeze_ground check (ground in ('GUARDIAN_DOUBTED', 'RESTRICTION')),
    add constraint consent_freeze_by_request check ((ground = 'RESTRICTION') = (rights_request_id is not null)),
    add constraint consent_freeze_lifting_told check (
        (lifting_told_time is not null) = (ground = 'RESTRICTION' and lifted_time is not null)
    );
grant update (lifting_told_time) on consent_freeze to intake_app;

drop index consent_freeze_open;
create unique index consent_freeze_open on consent_freeze (beneficiary_id)
where lifted_time is null and ground = 'GUARDIAN_DOUBTED';
create unique index consent_freeze_of_request on consent_freeze (rights_request_id);
create index consent_freeze_now on consent_freeze (beneficiary_id) where lifted_time is null;

-- Objection ends what rests on another basis than consent.
alter table consent_event drop constraint consent_event_state_check;
alter table consent_event add constraint consent_event_state_check check (
    state in (
        'UNKNOWN', 'REQUESTED', 'DEFERRED', 'REFUSED', 'GIVEN', 'RENEWED', 'WITHDRAWN', 'EXPIRED', 'TERMINATED',
        'INVALIDATED', 'OBJECTED'
    )
);

-- migrate:down
-- forward only
