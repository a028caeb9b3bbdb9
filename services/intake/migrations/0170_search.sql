-- migrate:up

-- Which transaction last registered, changed or erased a person: whoever keeps names in memory asks for what its
-- last snapshot did not show. Numbers of an older cluster (a restored database) are above its own for a while, and
-- then cost one needless reading.
alter table beneficiary add column changed_by xid8 not null default pg_current_xact_id();

create index beneficiary_changed_by on beneficiary (changed_by);

create function note_change() returns trigger language plpgsql as $$
begin
    new.changed_by := pg_current_xact_id();
    return new;
end
$$;

create trigger note_change before update of version, erased_time on beneficiary
for each row execute function note_change();

-- How many searches a worker has left, and when too many people were last shown to them. The worker is the
-- principal with the agency's own opaque reference of who acts.
create table search_tally (
    principal_id uuid,
    acting_person text,
    allowance double precision not null,
    refilled_time timestamptz not null,
    alarmed_time timestamptz,
    primary key (principal_id, acting_person)
);

create index search_tally_alarmed on search_tally (alarmed_time) where alarmed_time is not null;
create index search_tally_by_time on search_tally (refilled_time);

-- Whom searches showed to whom within the last hour; older rows are forgotten.
create table shown_in_search (
    principal_id uuid,
    acting_person text,
    beneficiary_id uuid not null references beneficiary,
    shown_time timestamptz not null,
    primary key (principal_id, acting_person, beneficiary_id)
);

create index shown_in_search_by_time on shown_in_search (shown_time);

revoke truncate on search_tally, shown_in_search from intake_app, intake_worker;

-- migrate:down
-- forward only
