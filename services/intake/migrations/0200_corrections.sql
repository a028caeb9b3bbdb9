-- migrate:up

-- That a person's data were corrected: which categories, in which version, by whom; the values lie in sealed_record only.
-- A correction of what no consent gives to anybody (a place) has no bits.
create table correction (
    correction_id uuid primary key,
    beneficiary_id uuid not null references beneficiary,
    version bigint not null check (version > 1),
    corrected_mask bigint not null check (corrected_mask >= 0),
    by_agency_id uuid not null,
    by_principal_id uuid not null,
    acting_person text not null,
    corrected_time timestamptz not null,
    unique (beneficiary_id, version)
);

create index correction_of_person on correction (beneficiary_id, corrected_time);

revoke update, delete, truncate on correction from intake_app, intake_worker;

alter table correction enable row level security, force row level security;
create policy correction_app on correction to intake_app using (
    by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
) with check (
    by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    and exists (select from beneficiary where beneficiary.beneficiary_id = correction.beneficiary_id)
);
create policy correction_worker on correction to intake_worker using (true);

-- A recall of cause CORRECTED asks an agency to replace the earlier value of what it was given. The person permits it
-- still, so its lines stand by themselves: once consent ends, all of it is asked back as if nothing had been corrected.
-- A recall of cause OBJECTED is of what rested on another basis than consent.
do $$ declare wall record; begin
    for wall in select conname from pg_constraint
                where conrelid = 'recall'::regclass and contype = 'c'
                  and pg_get_constraintdef(oid) like '%cause%'
    loop execute format('alter table recall drop constraint %I', wall.conname); end loop;
end $$;
alter table recall
    add constraint recall_cause check (
        cause in ('WITHDRAWN', 'ENDED', 'EXCLUDED', 'EXPIRED', 'ERASED', 'CORRECTED', 'OBJECTED')
    ),
    add constraint recall_by_event check (
        (cause in ('WITHDRAWN', 'ENDED', 'EXCLUDED', 'OBJECTED')) = (consent_event_id is not null)
    );

create table corrected_disclosure (
    recall_id uuid not null references recall,
    disclosure_id uuid not null references disclosure,
    recalled_mask bigint not null check (recalled_mask > 0),
    disclosed_time timestamptz not null,
    primary key (recall_id, disclosure_id)
);

create index corrected_disclosure_by_disclosure on corrected_disclosure (disclosure_id);

revoke update, delete, truncate on corrected_disclosure from intake_app, intake_worker;

alter table corrected_disclosure enable row level security, force row level security;
create policy corrected_disclosure_app on corrected_disclosure to intake_app using (
    exists (select from recall where recall.recall_id = corrected_disclosure.recall_id)
);
create policy corrected_disclosure_worker on corrected_disclosure to intake_worker using (true);
create policy functions_of_the_owner on corrected_disclosure to intake_owner using (true);

-- Who still holds an earlier value of these categories of a person: what was given, is permitted still (or never rested
-- on a grant), is not asked back, and of which nobody has said that the earlier value is destroyed. What had to be kept
-- is told of again. Told to the agency that registered the person, and to the hub itself.
create function earlier_values_held(person uuid, corrected bigint, moment timestamptz)
returns table (
    agency_id uuid, referral_id uuid, service_type text, disclosure_id uuid, disclosed_time timestamptz, mask bigint
)
language sql stable security definer set search_path from current
begin atomic
    select
        given.agency_id, given.referral_id, need.service_type, given.disclosure_id, given.disclosed_time, held.mask
    from beneficiary as whose
    join disclosure as given using (beneficiary_id)
    join need on need.referral_id = given.referral_id
    cross join lateral (
        select given.given_mask & corrected
            & case
                when cardinality(given.cell_ids) = 0 then given.given_mask
                else coalesce((
                    select bit_or(cell.categories) from grant_cell as cell
                    where cell.beneficiary_id = given.beneficiary_id and cell.agency_id = given.agency_id
                    and cell.purpose = given.purpose and cell.effect = 'PERMIT' and cell.withdrawn_time is null
                    and cell.valid_from_time <= moment and moment < cell.valid_until_time
                ), 0)
            end
            & ~coalesce((
                select bit_or(line.recalled_mask & ~recall.kept_mask)
                from recalled_disclosure as line join recall using (recall_id)
                where line.disclosure_id = given.disclosure_id
            ), 0)
            & ~coalesce((
                select bit_or(line.recalled_mask & ~recall.kept_mask)
                from corrected_disclosure as line join recall using (recall_id)
                where line.disclosure_id = given.disclosure_id
            ), 0) as mask
    ) as held
    where whose.beneficiary_id = person and given.outcome = 'GIVEN'
    and given.kind in ('PULLED', 'VERBAL', 'EMERGENCY')
    and held.mask <> 0
    and (
        (select current_setting('app.internal', true) = 'true')
        or whose.registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    );
end;

revoke all on function earlier_values_held from public;
grant execute on function earlier_values_held to intake_app;

-- migrate:down
-- forward only
