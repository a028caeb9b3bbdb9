-- migrate:up

-- A checkpoint of the ledger is about no referral, and is the only thing that a delivery brings itself.
alter table delivery alter column referral_id drop not null;
alter table delivery add column checkpoint_note text;
alter table delivery add check (num_nonnulls(referral_id, checkpoint_note) = 1);

insert into consumer_progress (consumer, source, topic, partition, position)
select 'notifications', 'audit', 'kem.audit.v1', number, 0 from generate_series(0, 7) as partitions (number)
on conflict do nothing;

-- migrate:down
-- forward only
