"""The ledger against the services' own logs: everything is entered, once, as it was said."""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_OWN: Final = ("audit",)
_ENTRIES: Final = "select count(*) from audit.entry"


async def ledger(snapshot: Snapshot) -> list[Finding]:
    """Whether an auditor reads what happened; whether it was changed since, `./kem audit verify` says."""
    logs = snapshot.all_of("select '{schema}' as source, position, event_id, payload from {schema}.event_log")
    return await snapshot.test(
        [
            Invariant(
                "I8-everything-is-entered",
                "Up to where a source is entered, each of its events has an entry with the hash of its bytes",
                _OWN,
                _ENTRIES,
                f"""
                select l.source || ' ' || l.position from ({logs}) l
                join audit.source_mark m using (source)
                left join audit.entry e on e.source = l.source and e.position = l.position
                where l.position <= m.position
                  and (e.index is null or e.event_id <> l.event_id
                       or e.body::jsonb ->> 'payload_sha256' <> encode(sha256(l.payload), 'hex'))
                """,
            ),
            Invariant(
                "I8-nothing-waits-for-its-turn",
                "What came before its turn waits for minutes at most, but while the broker is filled",
                _OWN,
                "select count(*) from audit.source_mark",
                """
                select source || ' ' || min(early_event.position) || ' waits for '
                       || coalesce(max(mark.position), 0) + 1
                from audit.early_event left join audit.source_mark mark using (source)
                where event_time < clock_timestamp() - interval '10 minutes' group by source
                """,
            ),
            Invariant(
                "I8-nothing-else-is-entered",
                "Each entry is of an event that its source has logged",
                _OWN,
                _ENTRIES,
                f"""
                select source || ' ' || position from audit.entry
                left join ({logs}) l using (source, position) where l.event_id is null
                """,
            ),
            Invariant(
                "I8-entries-are-numbered",
                "Entries are 0, 1, 2 … up to the ledger's size, and say so themselves",
                _OWN,
                _ENTRIES,
                """
                select 'entry ' || index from (
                    select index, body, row_number() over (order by index) - 1 as expected from audit.entry
                ) e where index <> expected or (body::jsonb ->> 'index')::bigint <> index
                union all
                select 'size ' || size from audit.head where size <> (select count(*) from audit.entry)
                """,
            ),
            Invariant(
                "I8-entries-are-found-as-they-say",
                "What an entry is found by is what stands in it",
                _OWN,
                _ENTRIES,
                """
                select 'entry ' || index from audit.entry, lateral (select body::jsonb as told) b
                where source <> told ->> 'source' or position <> (told ->> 'position')::bigint
                   or event_id <> (told ->> 'event_id')::uuid or kind <> told ->> 'type'
                   or actor_id is distinct from (told -> 'envelope' -> 'actor' ->> 'id')::uuid
                union all
                select 'entry ' || index from audit.entry, lateral (select body::jsonb as told) b,
                    lateral unnest(array[told -> 'fact' ->> 'referral_id',
                                         told -> 'envelope' ->> 'referral_id',
                                         told -> 'fact' ->> 'beneficiary_id']) as named (id)
                where id ~ '^[0-9a-f-]{36}$' and not exists (
                    select from audit.subject s where s.index = entry.index and s.subject_id = named.id::uuid
                )
                union all
                select 'entry ' || index from audit.subject left join audit.entry using (index)
                where body is null or strpos(body, subject_id::text) = 0
                """,
            ),
            Invariant(
                "I8-checkpoints-are-delivered-as-signed",
                "What comes to an inbox as a checkpoint of the ledger is one that was signed and given",
                ("audit", "notifications"),
                "select count(*) from notifications.delivery where kind = 'CheckpointGiven'",
                """
                select delivery_id from notifications.delivery d
                left join audit.event_log e on e.event_id = d.event_id and e.type = d.kind
                left join audit.checkpoint c on c.note = d.checkpoint_note
                left join audit.given_checkpoint g on g.size = c.size
                where d.kind = 'CheckpointGiven' and (e.event_id is null or g.size is null)
                """,
            ),
            Invariant(
                "I8-each-entry-is-a-leaf",
                "Each entry's body is the leaf of its place, and a checkpoint covers no more than there is",
                _OWN,
                _ENTRIES,
                """
                select 'entry ' || index from audit.entry
                where leaf_hash <> sha256('\\x00'::bytea || convert_to(body, 'UTF8'))
                union all
                select 'checkpoint ' || c.size from audit.checkpoint c, audit.head h where c.size > h.size
                """,
            ),
        ]
    )
