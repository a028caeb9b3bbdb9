-- migrate:up

-- What an agency was given before the consent behind it ended: by withdrawal, by the hub, by time alone, by erasure. It must say
-- what it has destroyed and what it must keep; one row for each agency and referral, answered once. What it says in
-- words lies sealed under the person's own key.
create table recall (
    recall_id uuid primary key,
    referral_id uuid not null references need (referral_id),
    beneficiary_id uuid not null references beneficiary,
    owner_agency_id uuid not null,
    agency_id uuid not null,
    service_type text not null,
    cause text not null check (cause in ('WITHDRAWN', 'ENDED', 'EXPIRED', 'ERASED')),
    consent_event_id uuid references consent_event,
    recalled_mask bigint not null check (recalled_mask > 0),
    opened_time timestamptz not null,
    due_time timestamptz not null check (due_time > opened_time),
    destroyed_mask bigint not null default 0,
    kept_mask bigint not null default 0,
    kept_ground text not null default '',
    sealed_words bytea,
    acknowledged_by_principal_id uuid,
    acting_person text,
    acknowledged_time timestamptz,
    check ((cause in ('WITHDRAWN', 'ENDED')) = (consent_event_id is not null)),
    check (num_nulls(acknowledged_by_principal_id, acting_person, acknowledged_time) in (0, 3)),
    check (sealed_words is null or acknowledged_time is not null),
    check (destroyed_mask & kept_mask = 0),
    check (destroyed_mask | kept_mask = case when acknowledged_time is null then 0 else recalled_mask end),
    check ((kept_mask > 0) = (kept_ground <> ''))
);

create index recall_open on recall (due_time, recall_id) where acknowledged_time is null;
create index recall_of_holder on recall (agency_id, due_time, recall_id);
create index recall_of_owner on recall (owner_agency_id, due_time, recall_id);
create index recall_open_of_person on recall (beneficiary_id, agency_id) where acknowledged_time is null;

-- What was given when, and which categories of it are recalled. is_in_between: given after the person had taken their
-- consent back, and before the hub heard of that.
create table recalled_disclosure (
    recall_id uuid not null references recall,
    disclosure_id uuid not null references disclosure,
    recalled_mask bigint not null check (recalled_mask > 0),
    disclosed_time timestamptz not null,
    is_in_between boolean not null,
    primary key (recall_id, disclosure_id)
);

create index recalled_disclosure_by_disclosure on recalled_disclosure (disclosure_id);

revoke update, delete, truncate on recall, recalled_disclosure from intake_app, intake_worker;
grant update (
    destroyed_mask, kept_mask, kept_ground, sealed_words, acknowledged_by_principal_id, acting_person, acknowledged_time
) on recall to intake_app;

alter table recall enable row level security, force row level security;
alter table recalled_disclosure enable row level security, force row level security;

-- Both sides see it, an officer of the hub sees all; who registered the person opens it, who was given it answers.
create policy recall_seen on recall for select to intake_app using (
    (select nullif(current_setting('app.agency', true), '')::uuid) in (agency_id, owner_agency_id)
    or (select current_setting('app.internal', true) = 'true')
);
create policy recall_officer on recall for select to intake_app using (
    (select current_setting('app.officer', true) = 'true')
);
create policy recall_opened on recall for insert to intake_app with check (
    owner_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    or (select current_setting('app.internal', true) = 'true')
);
create policy recall_answered on recall for update to intake_app using (
    agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
);
create policy recall_worker on recall to intake_worker using (true);
create policy functions_of_the_owner on recall to intake_owner using (true);

create policy recalled_disclosure_app on recalled_disclosure to intake_app using (
    exists (select from recall where recall.recall_id = recalled_disclosure.recall_id)
);
create policy recalled_disclosure_worker on recalled_disclosure to intake_worker using (true);
create policy functions_of_the_owner on recalled_disclosure to intake_owner using (true);

-- The answer is sealed under the person's key, also where the agency holds no referral of theirs any more.
create policy data_key_recalled on data_key for select to intake_app using (
    key_class = 'sensitive'
    and exists (
        select from recall
        where recall.beneficiary_id = data_key.beneficiary_id and recall.acknowledged_time is null
        and recall.agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    )
);

create policy functions_of_the_owner on disclosure to intake_owner using (true);
create policy functions_of_the_owner on grant_cell to intake_owner using (true);
create policy functions_of_the_owner on consent_event to intake_owner using (true);

-- What was given of these people and is permitted no longer, and nobody has asked back yet; told to nobody but the
-- agency that registered them, and the hub itself. After an erasure that is whatever was given and is not destroyed:
-- what had to be kept is asked back once more.
create function owed_disclosures(people uuid [], moment timestamptz, after_erasure boolean)
returns table (
    beneficiary_id uuid, owner_agency_id uuid, agency_id uuid, referral_id uuid, service_type text, disclosure_id uuid,
    disclosed_time timestamptz, mask bigint, taken_back_id uuid, is_withdrawn boolean, is_in_between boolean
)
language sql stable security definer set search_path from current
begin atomic
    select
        person.beneficiary_id, person.registered_by_agency_id, given.agency_id, given.referral_id, need.service_type,
        given.disclosure_id, given.disclosed_time, owed.mask, taken_back.consent_event_id,
        coalesce(taken_back.state = 'WITHDRAWN', false),
        coalesce(taken_back.state = 'WITHDRAWN' and given.disclosed_time >= taken_back.happened_time, false)
    from beneficiary as person
    join disclosure as given using (beneficiary_id)
    join need on need.referral_id = given.referral_id
    left join lateral (
        select said.consent_event_id, said.state, said.happened_time
        from grant_cell as cell
        join consent_event as said on said.consent_event_id = cell.withdrawn_event_id
        where cell.cell_id = any(given.cell_ids)
        order by said.sequence desc
        limit 1
    ) as taken_back on not after_erasure
    cross join lateral (
        select given.given_mask
            & ~coalesce((
                select bit_or(cell.categories) from grant_cell as cell
                where not after_erasure and cell.beneficiary_id = given.beneficiary_id
                and cell.agency_id = given.agency_id and cell.purpose = given.purpose
                and cell.effect = 'PERMIT' and cell.withdrawn_time is null
                and cell.valid_from_time <= moment and moment < cell.valid_until_time
            ), 0)
            & ~coalesce((
                select bit_or(line.recalled_mask & ~case when after_erasure then recall.kept_mask else 0 end)
                from recalled_disclosure as line join recall using (recall_id)
                where line.disclosure_id = given.disclosure_id
            ), 0) as mask
    ) as owed
    where person.beneficiary_id = any(people) and given.outcome = 'GIVEN'
    and given.kind in ('PULLED', 'VERBAL', 'EMERGENCY')
    and (after_erasure or cardinality(given.cell_ids) > 0)
    and owed.mask <> 0
    and (
        (select current_setting('app.internal', true) = 'true')
        or person.registered_by_agency_id = (select nullif(current_setting('app.agency', true), '')::uuid)
    );
end;

revoke all on function owed_disclosures from public;
grant execute on function owed_disclosures to intake_app, intake_worker;

-- What ended before this table was there is asked back by the timer.
insert into consent_moment (due_time, beneficiary_id)
select distinct clock_timestamp(), given.beneficiary_id
from disclosure as given
join grant_cell as cell on cell.cell_id = any(given.cell_ids)
where given.outcome = 'GIVEN' and (cell.withdrawn_time is not null or cell.valid_until_time <= clock_timestamp());

-- migrate:down
-- forward only
