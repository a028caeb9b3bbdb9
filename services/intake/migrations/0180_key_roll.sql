-- migrate:up

-- The rolls of the vault's keys: every key that is wrapped in an older epoch is wrapped in `to_epoch`, and then the
-- older ones are destroyed. A roll is settled from when on nothing can be wrapped in an older epoch any more.
create table key_roll (
    to_epoch integer primary key check (to_epoch > 1),
    asked_by_principal_id uuid not null,
    asked_time timestamptz not null,
    keys bigint check (keys >= 0),
    rewrapped bigint not null default 0,
    after_beneficiary_id uuid not null default '00000000-0000-0000-0000-000000000000',
    after_key_class text not null default '',
    settled_time timestamptz,
    destroyed_time timestamptz,
    check (destroyed_time >= settled_time)
);

create unique index key_roll_under_way on key_roll ((true)) where destroyed_time is null;

revoke update, delete, truncate on key_roll from intake_app;
revoke insert, delete, truncate on key_roll from intake_worker;

-- Who has wrapped a key in an older epoch before the roll began may commit it late. That key would be lost with the
-- epoch: a roll settles behind all who hold this lock, and whoever comes after that is refused, and tries again.
create function refuse_settled_epochs() returns trigger language plpgsql set search_path from current as $$
begin
    perform pg_advisory_xact_lock_shared(x'4b454d726f6c6c'::bigint);
    if exists (
        select from added
        where added.epoch < (select max(to_epoch) from key_roll where settled_time is not null)
    ) then
        raise object_not_in_prerequisite_state using message = 'the epoch of this key has ended; wrap it anew';
    end if;
    return null;
end
$$;

create trigger refuse_settled_epochs after insert on data_key
referencing new table as added for each statement execute function refuse_settled_epochs();

-- migrate:down
-- forward only
