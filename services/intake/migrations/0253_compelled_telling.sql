-- migrate:up

-- Whether a person may be told what an authority was given of them, as a data protection officer decided; the last row
-- counts. Not as long as nobody has said so; then the officer looks at it again by a date. Words lie sealed under the
-- person's own key.
create table compelled_telling (
    compelled_telling_id uuid primary key,
    compelled_request_id uuid not null references compelled_request,
    sequence integer not null check (sequence > 0),
    may_be_told boolean not null,
    not_told_reason text check (not_told_reason in ('DANGER', 'FORBIDDEN')),
    review_time timestamptz,
    sealed_words bytea,
    decided_by_principal_id uuid not null,
    acting_person text not null,
    decided_time timestamptz not null,
    unique (compelled_request_id, sequence),
    check (may_be_told = (review_time is null)),
    check (not may_be_told or not_told_reason is null),
    check (review_time > decided_time)
);

revoke update, delete, truncate on compelled_telling from intake_app, intake_worker;

-- Whoever may see the request sees this; only an officer of the hub writes it.
alter table compelled_telling enable row level security, force row level security;
create policy compelled_telling_app on compelled_telling for select to intake_app using (
    exists (
        select from compelled_request where compelled_request.compelled_request_id = compelled_telling.compelled_request_id
    )
);
create policy compelled_telling_officer on compelled_telling for insert to intake_app with check (
    (select current_setting('app.officer', true) = 'true')
);
create policy compelled_telling_worker on compelled_telling to intake_worker using (true);
create policy functions_of_the_owner on compelled_telling to intake_owner using (true);

-- Of what was allowed before, nobody has said anything; it is looked at within three months.
insert into compelled_telling (
    compelled_telling_id, compelled_request_id, sequence, may_be_told, review_time, decided_by_principal_id, acting_person,
    decided_time
)
select
    gen_random_uuid(), compelled_request_id, 1, false, clock_timestamp() + interval '90 days', decided_by_principal_id, '',
    decided_time
from compelled_request where state = 'ALLOWED';

-- When it is looked at again whether somebody may be told, where the last word is that they may not yet; of whom nothing
-- can be read any more nobody need be told.
create view telling_review with (security_invoker = true) as
select last.compelled_request_id, last.review_time
from (
    select distinct on (telling.compelled_request_id) telling.compelled_request_id, telling.review_time
    from compelled_telling as telling
    order by telling.compelled_request_id, telling.sequence desc
) as last
join compelled_request using (compelled_request_id)
join beneficiary using (beneficiary_id)
where last.review_time is not null and beneficiary.erased_time is null;

grant select on telling_review to intake_app, intake_worker;

-- What authorities were given of a person and the person may be told, as lines_for_export tells the rest (0251); told to
-- that person only.
create function compelled_lines_for_export(
    request uuid, before timestamptz, after_time timestamptz, after_id uuid, size integer
)
returns table (line_time timestamptz, line_id uuid, line jsonb)
language sql volatile security definer set search_path from current
begin atomic
    with whose as materialized (select array(select people_of_export(request)) as people)
    select given.disclosed_time, given.disclosure_id, to_jsonb(given) || jsonb_build_object(
        'authority', asked.authority,
        'legal_reference', asked.legal_reference,
        'protocol_number', asked.protocol_number
    )
    from whose
    join disclosure as given on given.beneficiary_id = any(whose.people)
    join compelled_request as asked on asked.compelled_request_id = given.compelled_request_id
    where given.kind = 'COMPELLED' and given.outcome = 'GIVEN' and given.disclosed_time < before
    and (after_time is null or (given.disclosed_time, given.disclosure_id) > (after_time, after_id))
    and exists (
        select from rights_request as own where own.rights_request_id = request and own.asked_by = 'SELF'
    )
    and (
        select telling.may_be_told from compelled_telling as telling
        where telling.compelled_request_id = asked.compelled_request_id
        order by telling.sequence desc limit 1
    )
    order by given.disclosed_time, given.disclosure_id
    limit size;
end;

revoke all on function compelled_lines_for_export from public;
grant execute on function compelled_lines_for_export to intake_app;

-- migrate:down
-- forward only
