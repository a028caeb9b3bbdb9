"""What breaks the ledger."""

BREAKS = [
    (
        "update audit.entry set event_id = gen_random_uuid() where index = 1",
        {"I8-everything-is-entered", "I8-entries-are-found-as-they-say"},
    ),
    (
        "update audit.entry set position = position + 1000 where index = 1",
        {"I8-everything-is-entered", "I8-nothing-else-is-entered", "I8-entries-are-found-as-they-say"},
    ),
    (
        "insert into audit.early_event select source, position + 9, gen_random_uuid(), 'kem.access.v1', 'X',"
        " now() - interval '1 hour', '' from audit.source_mark limit 1",
        {"I8-nothing-waits-for-its-turn"},
    ),
    ("update audit.head set size = size + 1", {"I8-entries-are-numbered"}),
    (
        "update audit.entry set actor_id = gen_random_uuid() where index = 1",
        {"I8-entries-are-found-as-they-say"},
    ),
    (
        "insert into audit.subject values (gen_random_uuid(), 1)",
        {"I8-entries-are-found-as-they-say"},
    ),
    (
        "delete from audit.subject s using audit.entry e where e.index = s.index"
        " and s.subject_id::text = e.body::jsonb -> 'envelope' ->> 'referral_id'",
        {"I8-entries-are-found-as-they-say"},
    ),
    (
        "update notifications.delivery set checkpoint_note = 'another' where kind = 'CheckpointGiven'",
        {"I8-checkpoints-are-delivered-as-signed"},
    ),
    ("update audit.entry set leaf_hash = sha256('x') where index = 1", {"I8-each-entry-is-a-leaf"}),
    (
        "insert into audit.checkpoint values ((select size + 1 from audit.head), sha256('x'), 'x', now())",
        {"I8-each-entry-is-a-leaf"},
    ),
]
