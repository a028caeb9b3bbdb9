"""Accounts of staff: whoever is out is out, and an account is what its events have told."""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_OWN: Final = ("access",)

INVARIANTS: Final = (
    Invariant(
        "I16-who-is-out-has-no-session",
        "A locked or closed account has no session",
        _OWN,
        "select count(*) from access.account where state <> 'ACTIVE'",
        """
        select a.principal_id from access.account a
        where a.state <> 'ACTIVE'
          and exists (select from access.session s where s.principal_id = a.principal_id)
        """,
    ),
    Invariant(
        "I16-every-right-was-told",
        "The version of an account is that of its last event: no right came or went without one",
        _OWN,
        "select count(*) from access.account",
        """
        select a.principal_id from access.account a
        where a.version is distinct from (
            select max(aggregate_version) from (
                select aggregate_version from access.event_log where aggregate_id = a.principal_id
                union all
                select aggregate_version from access.outbox where aggregate_id = a.principal_id) told)
        """,
    ),
)


async def accounts(snapshot: Snapshot) -> list[Finding]:
    """Of the access service."""
    return await snapshot.test(INVARIANTS)
