-- migrate:up

-- Forms that somebody has begun and not sent, for a day. What they say is sealed under a key of its own for each save, wrapped
-- in the epoch of that day: neither a backup nor a roll of the keys leaves anything of it.
create table draft (
    principal_id uuid not null,
    draft_id uuid not null,
    agency_id uuid not null,
    kind text not null,
    beneficiary_id uuid references beneficiary,
    revision integer not null check (revision > 0),
    key_id uuid not null,
    epoch integer not null,
    wrapped bytea not null,
    sealed_content bytea not null check (octet_length(sealed_content) >= 28),
    begun_time timestamptz not null,
    saved_time timestamptz not null check (saved_time >= begun_time),
    expires_time timestamptz not null check (expires_time = saved_time + interval '24 hours'),
    primary key (principal_id, agency_id, draft_id)
);

create index draft_of_person on draft (beneficiary_id) where beneficiary_id is not null;
create index draft_expiring on draft (expires_time);

revoke truncate on draft from intake_app, intake_worker;
revoke insert, update on draft from intake_worker;

-- Whoever wrote it, and as long as they act for the agency for which they wrote it: app.principal is set by whoever asks for
-- drafts, for the transaction.
alter table draft enable row level security, force row level security;
create policy draft_writer on draft to intake_app using (
    principal_id = (select nullif(current_setting('app.principal', true), '')::uuid)
    and agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
);
create policy draft_worker on draft to intake_worker using (true);
create policy functions_of_the_owner on draft to intake_owner using (true);

-- Whoever wrote about a person does so no longer once that person is erased or seen as somebody else as well; it shows nothing.
create function destroy_drafts_of(people uuid []) returns void
language sql volatile security definer set search_path from current
begin atomic
    delete from draft where draft.beneficiary_id = any(people);
end;

revoke all on function destroy_drafts_of from public;
grant execute on function destroy_drafts_of to intake_app, intake_worker;

-- migrate:down
-- forward only
