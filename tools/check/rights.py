"""What people ask by right of the hub itself."""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_INTAKE: Final = ("intake",)

INVARIANTS: Final = (
    Invariant(
        "I18-each-rights-request-has-its-day",
        "What is asked by right is due a month after it came, or three when extended, in Athens",
        _INTAKE,
        "select count(*) from intake.rights_request",
        """
        select r.rights_request_id from intake.rights_request r
        where r.due_time <> (
            date_trunc('day', r.received_time at time zone 'Europe/Athens')
            + case when r.extension_told_time is null then interval '1 month' else interval '3 months' end
            + interval '1 day') at time zone 'Europe/Athens'
           or r.extension_told_time >= (
            date_trunc('day', r.received_time at time zone 'Europe/Athens')
            + interval '1 month' + interval '1 day') at time zone 'Europe/Athens'
        """,
    ),
    Invariant(
        "I18-each-rights-request-is-told",
        "Each request by right, its extension and its answer have their facts in intake's log or outbox",
        _INTAKE,
        "select count(*) from intake.rights_request",
        """
        select r.rights_request_id from intake.rights_request r
        where (select count(*) from intake.event_log e where e.aggregate_id = r.rights_request_id)
            + (select count(*) from intake.outbox o where o.aggregate_id = r.rights_request_id)
            < 1 + num_nonnulls(r.extension_told_time, r.answered_time)
        """,
    ),
)


async def rights(snapshot: Snapshot) -> list[Finding]:
    """Inside intake's tables."""
    return await snapshot.test(INVARIANTS)
