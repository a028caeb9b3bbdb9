-- migrate:up

-- From now on facts of kem.disclosure.v1 are read too, the older ones included: a broker that is filled again is given all that
-- this consumer has not seen.
insert into consumer_progress (consumer, source, topic, partition, position)
select 'notifications', 'intake', 'kem.disclosure.v1', number, 0 from generate_series(0, 7) as partitions (number)
on conflict do nothing;

-- migrate:down
-- forward only
