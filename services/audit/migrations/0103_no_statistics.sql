-- migrate:up

-- Nobody looks for a body or a hash by what is in it, so the planner needs no statistics of them: to sort thousands of bodies in each
-- analysis of a table that only grows was half of what autovacuum took for the ledger.
alter table entry alter column body set statistics 0, alter column leaf_hash set statistics 0;
alter table node alter column hash set statistics 0;

-- migrate:down
-- forward only
