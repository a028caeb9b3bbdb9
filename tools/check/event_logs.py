"""Event logs: positions without gaps, versions without gaps, nothing published that was not logged."""

from tools.check.invariant import Finding, Invariant, Snapshot


async def event_logs(snapshot: Snapshot) -> list[Finding]:
    """Each schema's own log, and the inboxes of those who read it."""
    everything = snapshot.all_of("select '{schema}' as source, * from {schema}.event_log")
    publications = snapshot.all_of("select '{schema}' as source, * from {schema}.publication")
    seen = snapshot.all_of("select '{schema}' as reader, consumer, event_id from {schema}.inbox")
    progress = snapshot.all_of("select '{schema}' as reader, * from {schema}.consumer_progress")
    letters = snapshot.all_of("select '{schema}' as reader, consumer, event_id from {schema}.dead_letter")
    every_event = f"select count(*) from ({everything}) e"
    return await snapshot.test(
        [
            Invariant(
                "I15-dense-positions",
                "Positions of an event log are 1, 2, 3 … without a gap",
                (),
                every_event,
                f"""
                select source || ' before position ' || position from (
                    select source, position,
                           lag(position, 1, 0::bigint) over (partition by source order by position) as before
                    from ({everything}) e) places
                where position <> before + 1
                """,
            ),
            Invariant(
                "I15-log-is-whole",
                "A log ends where its last position was given out, and nothing is published beyond it",
                (),
                f"select count(*) from ({publications}) p",
                f"""
                select source || ': given out ' || logged_position || ', logged ' || coalesce(last, 0)
                from ({publications}) p
                left join (select source, max(position) as last from ({everything}) e group by source) l
                     using (source)
                where logged_position <> coalesce(last, 0) or p.position > logged_position
                """,
            ),
            Invariant(
                "I15-order-within-aggregate",
                "The versions of an aggregate follow each other one by one, in the order of positions",
                (),
                every_event,
                f"""
                select type || ' ' || event_id from (
                    select source, type, event_id, aggregate_version, lag(aggregate_version) over
                           (partition by source, aggregate_id order by position) as before
                    from ({everything}) e) versions
                where aggregate_version <> before + 1
                """,
            ),
            Invariant(
                "I2-one-event-per-id",
                "An event id stands in one event log once",
                (),
                every_event,
                f"""
                select event_id from ({everything}) e group by event_id having count(*) > 1
                """,
            ),
            Invariant(
                "I2-only-logged-events-are-read",
                "Whatever a consumer has taken stands in an event log, or was no event of ours",
                (),
                f"select count(*) from ({seen}) s",
                # what is no event of ours is known by an id that follows from its place: a UUIDv5
                f"""
                select s.reader || '/' || s.consumer || ' ' || s.event_id from ({seen}) s
                where substr(s.event_id::text, 15, 1) <> '5'
                  and not exists (select from ({everything}) e where e.event_id = s.event_id)
                  and not exists (select from ({letters}) d where d.reader = s.reader
                                  and d.consumer = s.consumer and d.event_id = s.event_id)
                """,
            ),
            Invariant(
                "I1-nothing-is-passed-over",
                "Every event up to where a consumer has come was taken by it, or set aside",
                (),
                f"""
                select count(*) from ({progress}) p join ({everything}) e
                on e.source = p.source and e.topic = p.topic and e.partition = p.partition
                   and e.position <= p.position
                """,
                f"""
                select p.reader || '/' || p.consumer || ' ' || e.type || ' ' || e.event_id
                from ({progress}) p join ({everything}) e
                on e.source = p.source and e.topic = p.topic and e.partition = p.partition
                   and e.position <= p.position
                where not exists (select from ({seen}) s where s.reader = p.reader
                                  and s.consumer = p.consumer and s.event_id = e.event_id)
                  and not exists (select from ({letters}) d where d.reader = p.reader
                                  and d.consumer = p.consumer and d.event_id = e.event_id)
                """,
            ),
            Invariant(
                "I12-dead-letters-within-bounds",
                "An event is set aside within five tries, and its bytes stay small",
                (),
                f"select count(*) from ({letters}) d",
                snapshot.all_of(
                    "select '{schema}/' || consumer || ' ' || event_id from {schema}.dead_letter"
                    " where tries > 5 or octet_length(payload) > 65536"
                ),
            ),
        ]
    )
