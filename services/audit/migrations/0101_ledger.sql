-- migrate:up

-- The ledger: what happened, once each, in one order that never changes. The body is the text that was hashed; the
-- columns beside it repeat some of it, to find entries by.
create table entry (
    index bigint primary key check (index >= 0),
    source text not null,
    position bigint not null check (position > 0),
    event_id uuid not null,
    kind text not null,
    event_time timestamptz not null,
    recorded_time timestamptz not null,
    actor_id uuid,
    agency_id uuid,
    body text not null,
    unique (source, position)
);

create index entry_by_agency on entry (agency_id, index) where agency_id is not null;
create index entry_by_actor on entry (actor_id, index) where actor_id is not null;
create index entry_by_kind on entry (kind, index);
create index entry_by_time on entry using brin (recorded_time) with (pages_per_range = 32, autosummarize = on);

-- What an entry concerns: people, needs, referrals, offers, consents, disclosures … whatever random id it names, beside
-- who acted and agencies.
create table subject (
    subject_id uuid not null,
    index bigint not null,
    primary key (subject_id, index)
);

-- Full nodes of the Merkle tree (RFC 6962): level 0 are the leaves.
create table node (
    level smallint not null,
    number bigint not null,
    hash bytea not null check (octet_length(hash) = 32),
    primary key (level, number)
);

-- One row, locked by whoever appends: how many entries there are, and the full nodes at the right edge of the tree,
-- the largest first.
create table head (
    only_row boolean primary key default true check (only_row),
    size bigint not null default 0 check (size >= 0),
    edge bytea not null default '' check (octet_length(edge) % 32 = 0),
    -- of the last entry: an entry is never of a time before the one before it, whatever this machine's clock does
    recorded_time timestamptz not null default '-infinity'
);

insert into head default values;

-- How far each source stands in the ledger, without a gap.
create table source_mark (
    source text primary key,
    position bigint not null check (position > 0)
);

-- What came before its turn: partitions are read side by side, positions are entered one after the other.
create table early_event (
    source text not null,
    position bigint not null,
    event_id uuid not null,
    topic text not null,
    type text not null,
    event_time timestamptz not null,
    payload bytea not null,
    primary key (source, position)
);

-- What was signed.
create table checkpoint (
    size bigint primary key check (size > 0),
    root bytea not null check (octet_length(root) = 32),
    note text not null,
    signed_time timestamptz not null
);

-- Which of them were given to everybody, and when.
create table given_checkpoint (
    number bigint primary key check (number > 0),
    size bigint not null unique,
    given_time timestamptz not null
);

-- Whoever has signed here, by their verifier keys.
create table signing_key (
    verifier_key text primary key,
    begun_time timestamptz not null default clock_timestamp()
);

-- This consumer follows everything from the first event on, in a hub that is older than its ledger too: what the broker
-- has forgotten is sent again.
insert into consumer_progress (consumer, source, topic, partition, position)
select 'audit', source, topic, number, 0
from (values ('intake', 'kem.intake.v1'), ('intake', 'kem.disclosure.v1'), ('referral', 'kem.referral.v1'),
             ('referral', 'kem.directory.v1'), ('notifications', 'kem.notifications.v1'),
             ('intake', 'kem.access.v1'), ('referral', 'kem.access.v1'), ('notifications', 'kem.access.v1'),
             ('access', 'kem.access.v1'), ('audit', 'kem.access.v1'), ('audit', 'kem.audit.v1'))
         as told (source, topic), generate_series(0, 7) as partitions (number)
on conflict do nothing;

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is never changed';
end
$$;

create trigger entry_is_never_changed before update or delete or truncate on entry
    for each statement execute function refuse_change();
create trigger subject_is_never_changed before update or delete or truncate on subject
    for each statement execute function refuse_change();
create trigger node_is_never_changed before update or delete or truncate on node
    for each statement execute function refuse_change();
create trigger checkpoint_is_never_changed before update or delete or truncate on checkpoint
    for each statement execute function refuse_change();
create trigger given_checkpoint_is_never_changed before update or delete or truncate on given_checkpoint
    for each statement execute function refuse_change();
create trigger signing_key_is_never_changed before update or delete or truncate on signing_key
    for each statement execute function refuse_change();

revoke insert, update, delete, truncate
    on entry, subject, node, head, source_mark, early_event, checkpoint, given_checkpoint, signing_key from audit_app;
revoke update, delete, truncate on entry, subject, node, checkpoint, given_checkpoint, signing_key from audit_worker;
revoke insert, delete, truncate on head from audit_worker;
revoke delete, truncate on source_mark from audit_worker;

-- migrate:down
-- forward only
