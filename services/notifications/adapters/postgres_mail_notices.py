"""Mail notices in PostgreSQL, and the leases of those who send."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg

from chassis.postgres import Transaction
from kernel.ids import AgencyId, PrincipalId
from kernel.time import utc
from services.notifications.adapters.postgres_deliveries import Readable
from services.notifications.domain.mail_notice import MailFailure, MailNotice, MailPace
from services.notifications.domain.mail_text import News
from services.notifications.domain.recipient import Inbox, Recipient

_FIELDS: Final = (
    *("mail_notice_id", "principal_id", "agency_id", "inbox", "recipient_id", "address", "language", "pace"),
    *("daily_hour", "code", "code_tries", "code_end_time", "code_sent_time", "confirmed_time"),
    *("told_sequence", "sending_sequence", "next_mail_time", "last_mail_time", "tries", "failure"),
    *("failing_since_time", "next_try_time", "given_up_time"),
)
_COLUMNS: Final = ", ".join(f"n.{name}" for name in _FIELDS)
_NEVER_CHANGED: Final = ("mail_notice_id", "principal_id", "agency_id", "inbox", "recipient_id")

# One statement takes all that is due: a code that was not sent yet, a mail that was begun, or news whose time
# has come; an emergency's has come at once. Checkpoints of the ledger are kept by programs, and are no news.
_LEASE: Final = f"""
    with due as (
        select n.mail_notice_id, coalesce(n.sending_sequence, r.last_sequence) as up_to
        from mail_notice n left join recipient r using (recipient_id)
        where n.given_up_time is null and n.next_try_time <= clock_timestamp()
          and (n.lease_end_time is null or n.lease_end_time <= clock_timestamp())
          and case
              when n.confirmed_time is null
                  then n.code_sent_time is null and n.code_end_time > clock_timestamp()
              when n.sending_sequence is not null then true
              else r.last_sequence > n.told_sequence and exists (
                  select from delivery d
                  where d.recipient_id = n.recipient_id and d.sequence > n.told_sequence
                    and d.kind <> 'CheckpointGiven'
                    and (n.next_mail_time <= clock_timestamp() or d.urgency = 'EMERGENCY')
              )
          end
        order by n.next_try_time limit $1 for update of n skip locked
    ), leased as (
        update mail_notice n
        set lease_id = gen_random_uuid(), lease_end_time = clock_timestamp() + $2,
            sending_sequence = case when n.confirmed_time is not null then due.up_to end
        from due where n.mail_notice_id = due.mail_notice_id
        returning n.*
    )
    select n.lease_id, {_COLUMNS}, news.*
    from leased n cross join lateral (
        select count(*) filter (where d.kind = 'ReferralOffered') as offers,
               count(*) filter (where d.kind = 'RecallOpened') as recalls,
               count(*) filter (where d.kind not in ('ReferralOffered', 'RecallOpened')) as others,
               coalesce(bool_or(d.urgency = 'EMERGENCY'), false) as is_emergency
        from delivery d
        where d.recipient_id = n.recipient_id and d.sequence > n.told_sequence
          and d.sequence <= n.sending_sequence and d.kind <> 'CheckpointGiven'
    ) as news
"""  # noqa: S608 - column names only

_LOCK_LEASED: Final = f"""
    select n.lease_id, {_COLUMNS} from mail_notice n where n.lease_id = any($1::uuid[])
    order by n.mail_notice_id for update
"""  # noqa: S608 - column names only

_LOCK: Final = f"""
    select {_COLUMNS} from mail_notice n where n.principal_id = $1 and n.inbox = $2 for update
"""  # noqa: S608 - column names only

_OF_AGENCY: Final = f"""
    select {_COLUMNS} from mail_notice n where n.agency_id = $1 order by n.principal_id, n.inbox limit 500
"""  # noqa: S608 - column names only
_OF_MEMBER: Final = f"""
    select {_COLUMNS} from mail_notice n
    where n.principal_id = $1 and n.agency_id is not distinct from $2 order by n.inbox
"""  # noqa: S608 - column names only

_WHOSE: Final = """
    select principal_id, array_agg(distinct inbox) as inboxes from mail_notice where principal_id > $1
    group by principal_id order by principal_id limit $2
"""

_DELETE_OF: Final = """
    delete from mail_notice n using unnest($1::uuid[], $2::text[]) as ended (principal_id, inbox)
    where n.principal_id = ended.principal_id and n.inbox = ended.inbox
"""

_SAVED: Final = [name for name in _FIELDS if name not in _NEVER_CHANGED]
_SAVE: Final = f"""
    update mail_notice set {", ".join(f"{name} = ${place}" for place, name in enumerate(_SAVED, 2))},
        lease_id = null, lease_end_time = null
    where mail_notice_id = $1
"""  # noqa: S608 - column names only
_INSERT: Final = f"""
    insert into mail_notice ({", ".join(_FIELDS)})
    values ({", ".join(f"${place}" for place, _ in enumerate(_FIELDS, 1))})
    on conflict do nothing returning true
"""  # noqa: S608 - column names only


@dataclass(frozen=True, slots=True)
class MailLease:
    """The right to send one notice's mail for a while, with what it is to say.

    Args:
        end_seconds: until when it may be relied on, by this machine's monotonic clock.
    """

    lease_id: UUID
    notice: MailNotice
    news: News
    end_seconds: float


class PostgresMailNotices:
    """The table `mail_notice`."""

    async def lease(self, reader: Readable, limit: int, duration: timedelta) -> list[MailLease]:
        """Takes what is due, and nothing that another worker holds; in its own commit."""
        end_seconds = time.monotonic() + duration.total_seconds()
        rows = await reader.fetch(_LEASE, limit, duration)
        return [
            MailLease(
                row["lease_id"],
                _notice(row),
                News(row["offers"], row["recalls"], row["others"], row["is_emergency"]),
                end_seconds,
            )
            for row in rows
        ]

    async def lock_leased(self, tx: Transaction, leases: Sequence[UUID]) -> dict[UUID, MailNotice]:
        """By their leases, those that are still held by these, as they are now."""
        rows = await tx.connection.fetch(_LOCK_LEASED, leases)
        return {row["lease_id"]: _notice(row) for row in rows}

    async def lock(self, tx: Transaction, principal_id: PrincipalId, inbox: Inbox) -> MailNotice | None:
        """A member's notice of an inbox, locked; None where there is none."""
        row = await tx.connection.fetchrow(_LOCK, principal_id, inbox)
        return _notice(row) if row else None

    async def of_agency(self, tx: Transaction, agency_id: AgencyId) -> list[MailNotice]:
        """Those of an agency's members."""
        return [_notice(row) for row in await tx.connection.fetch(_OF_AGENCY, agency_id)]

    async def of_member(
        self, tx: Transaction, principal_id: PrincipalId, agency_id: AgencyId | None
    ) -> list[MailNotice]:
        """Those of one of them, or of an officer of the hub."""
        return [_notice(row) for row in await tx.connection.fetch(_OF_MEMBER, principal_id, agency_id)]

    async def add(self, tx: Transaction, notice: MailNotice) -> bool:
        """Adds one; False where the member has one already."""
        return bool(await tx.connection.fetchval(_INSERT, *(_value(notice, name) for name in _FIELDS)))

    async def save(self, tx: Transaction, notices: Sequence[MailNotice]) -> None:
        """Writes locked ones, all by one round trip, and ends whatever lease there is."""
        await tx.connection.executemany(
            _SAVE, [(one.mail_notice_id, *(_value(one, name) for name in _SAVED)) for one in notices]
        )

    async def delete(self, tx: Transaction, notices: Sequence[MailNotice]) -> None:
        """Deletes locked ones."""
        await tx.connection.execute(
            "delete from mail_notice where mail_notice_id = any($1::uuid[])",
            [one.mail_notice_id for one in notices],
        )

    async def delete_of(self, tx: Transaction, whose: Sequence[tuple[PrincipalId, Inbox]]) -> int:
        """Deletes what these people have for these inboxes; answers how many. Repeat-safe."""
        people, inboxes = [person for person, _ in whose], [inbox for _, inbox in whose]
        done: str = await tx.connection.execute(_DELETE_OF, people, inboxes)
        return int(done.rpartition(" ")[2])

    async def whose(self, reader: Readable, after: UUID, limit: int) -> list[tuple[PrincipalId, list[Inbox]]]:
        """Who has any, and for which inboxes: a page of people, those behind `after`."""
        rows = await reader.fetch(_WHOSE, after, limit)
        return [(PrincipalId(row["principal_id"]), [Inbox(one) for one in row["inboxes"]]) for row in rows]


def _value(notice: MailNotice, name: str) -> object:
    if name in ("agency_id", "inbox", "recipient_id"):
        return getattr(notice.recipient, name)
    return getattr(notice, name)


def _notice(row: asyncpg.Record) -> MailNotice:
    def instant(name: str) -> object:
        return utc(row[name]) if row[name] else None

    times = ("code_end_time", "code_sent_time", "confirmed_time", "last_mail_time")
    return MailNotice(
        principal_id=PrincipalId(row["principal_id"]),
        recipient=Recipient(
            Inbox(row["inbox"]), AgencyId(row["agency_id"]) if row["agency_id"] is not None else None
        ),
        address=row["address"],
        language=row["language"],
        pace=MailPace(row["pace"]),
        daily_hour=row["daily_hour"],
        told_sequence=int(row["told_sequence"]),
        next_mail_time=utc(row["next_mail_time"]),
        next_try_time=utc(row["next_try_time"]),
        mail_notice_id=row["mail_notice_id"],
        code=row["code"],
        code_tries=row["code_tries"],
        sending_sequence=row["sending_sequence"],
        tries=row["tries"],
        failure=MailFailure(row["failure"]) if row["failure"] else None,
        **{name: instant(name) for name in (*times, "failing_since_time", "given_up_time")},  # type: ignore[arg-type]  # instants or None
    )
