"""One service's way into PostgreSQL: a pool, and transactions that know who acts and what they must tell."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Self

import asyncpg

from chassis.access_records import AccessRecord, access_event
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from chassis.outbox import OutboxRow, write_outbox
from chassis.recent_accesses import RecentAccesses
from chassis.together import together
from chassis.topics import GATHERED
from chassis.trace_context import current_trace_context
from kernel.time import utc

EventCodec = Callable[[object, Caller, datetime], OutgoingEvent]
"""Makes the bytes of a domain event: the event, who acted, and the transaction's `now`."""

IDLE_TRANSACTION_MILLISECONDS = 15_000
"""After this long a stopped process loses its locks, so that the others go on."""

TRANSACTION_MILLISECONDS = 40_000
"""The same for one that was stopped between two messages of a statement, which PostgreSQL does not call idle.
Longer than any single statement may take."""


class Database:
    """A pool of connections of one login to one schema.

    Connections are not reset when they are given back (8 % of the cost of a commit): nothing in a session
    may outlive its transaction, so settings are made with `set_config(…, true)` only.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        url: str,
        schema: str,
        codec: EventCodec | None,
        wake: asyncio.Event,
        request_key: bytes,
    ) -> None:
        self.pool = pool
        self.url = url
        self.schema = schema
        self.codec = codec
        self.request_key = request_key
        """For `chassis.requests`: what is kept of a request is a digest by this key."""
        self.wake = wake
        """Set after each commit that told what somebody waits for: its relay need not poll."""
        self.accesses = RecentAccesses()

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        schema: str,
        max_size: int = 8,
        codec: EventCodec | None = None,
        wake: asyncio.Event | None = None,
        request_key: bytes | None = None,
    ) -> Self:
        """Connects. `wake` is shared by the databases of one process, so that each wakes the one relay.

        Without a `request_key`, the repeat of a request is known to this very object only.
        """
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=max_size,
            max_inactive_connection_lifetime=0,
            command_timeout=30,
            reset=_keep_as_it_is,
            server_settings=session_settings(schema),
        )
        return cls(
            pool,
            url=url,
            schema=schema,
            codec=codec,
            wake=wake or asyncio.Event(),
            request_key=request_key or secrets.token_bytes(32),
        )

    async def close(self) -> None:
        """Waits for what is under way, then closes the connections; repeat-safe."""
        await self.pool.close()

    async def check(self) -> None:
        """Raises whatever keeps the database from answering."""
        async with self.pool.acquire(timeout=2) as connection:
            await connection.fetchval("select 1", timeout=2)

    @asynccontextmanager
    async def transaction(
        self, caller: Caller, *, lock_wait_milliseconds: int | None = None
    ) -> AsyncIterator["Transaction"]:
        """One READ COMMITTED transaction in which row-level security sees the caller.

        Commits at the end, with the outbox rows of what was published; any exception rolls everything back.

        Args:
            lock_wait_milliseconds: how long a statement waits for a lock; without it, as long as it may take.

        Raises:
            asyncpg.LockNotAvailableError: from a statement that has waited for so long.
        """
        async with self.pool.acquire() as connection:
            transaction = Transaction(connection, caller, self.codec, self.request_key, self.accesses)
            try:
                await connection.execute(_begin(caller, lock_wait_milliseconds))
                yield transaction
                await transaction.flush()
                await connection.execute("commit")
            except BaseException:
                await _roll_back(connection)
                raise
        if transaction.is_waited_for:
            self.wake.set()
        for act in transaction.after_commit:
            act()


class Transaction:
    """A transaction under way. Use cases get it passed in and never commit it themselves."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        caller: Caller,
        codec: EventCodec | None,
        request_key: bytes,
        accesses: RecentAccesses,
    ) -> None:
        self.connection = connection
        """For statements only: take `savepoint()`, not `connection.transaction()`, to undo a part."""
        self.caller = caller
        self.request_key = request_key
        self.is_waited_for = False
        """Whether it has told something that somebody waits for."""
        self.after_commit: list[Callable[[], None]] = []
        """Quick steps that need the commit and may be lost with the process; nothing in them may raise."""
        self._codec = codec
        self._accesses = accesses
        self._now: datetime | None = None
        self._pending: list[tuple[object, str | None, str | None]] = []
        self._rows: list[OutboxRow] = []
        self._last: list[tuple[str, tuple[object, ...]]] = []
        self._savepoints = 0

    async def now(self) -> datetime:
        """The database's clock (UTC). Call it after taking the lock that the decision rests on."""
        return self.note_now(await self.connection.fetchval("select clock_timestamp()"))

    def note_now(self, clock_time: datetime) -> datetime:
        """`now()` for a statement that has read `clock_timestamp()` itself, after all its locks."""
        self._now = utc(clock_time)
        return self._now

    def publish(self, event: object) -> None:
        """Tells `event` if and when this transaction commits: an OutgoingEvent, or a domain event that the
        service's codec knows. Its time is the last `now()` of this transaction, or of its savepoint.
        """
        self._pending.append((event, *current_trace_context()))

    def record_access(self, record: AccessRecord) -> None:
        """Puts a read, a search or a refusal on record; it is committed before the answer leaves.

        What an open page reads anew by itself is on record already for some minutes after its reader's look.
        """
        if self._accesses.is_told(record, self.caller):
            return
        self.publish(record)
        self.after_commit.append(lambda: self._accesses.note(record, self.caller))

    def write_last(self, statement: str, *arguments: object) -> None:
        """Writes to a row that this transaction has locked or made, along with the outbox."""
        self._last.append((statement, arguments))

    async def flush(self) -> None:
        """Writes what was published to the outbox. Done before each commit; nothing else may follow it."""
        await self._encode()
        async with together(self) as step:
            for statement, arguments in self._last:
                await step.connection.execute(statement, *arguments)
            if self._rows:
                await write_outbox(step.connection, self._rows)
        self.is_waited_for |= any(row.event.topic not in GATHERED for row in self._rows)
        self._last.clear()
        self._rows.clear()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that is undone alone when it raises, along with the events that it published.

        So is a part that has published what cannot be encoded.
        """
        await self._encode()
        self._savepoints += 1
        name, published, last = f"part_{self._savepoints}", len(self._rows), len(self._last)
        await self.connection.execute(f"savepoint {name}")
        try:
            yield
            await self._encode()
        except BaseException:
            self._pending.clear()
            del self._rows[published:]
            del self._last[last:]
            await self.connection.execute(f"rollback to savepoint {name}")
            raise
        await self.connection.execute(f"release savepoint {name}")

    async def _encode(self) -> None:
        """Makes rows of what was published so far."""
        if not self._pending:
            return
        now = self._now or await self.now()
        self._rows += [
            OutboxRow(self._outgoing(event, now), traceparent, tracestate)
            for event, traceparent, tracestate in self._pending
        ]
        self._pending.clear()

    def _outgoing(self, event: object, now: datetime) -> OutgoingEvent:
        if isinstance(event, OutgoingEvent):
            return event
        if isinstance(event, AccessRecord):
            return access_event(event, self.caller, now)
        if self._codec is None:
            raise TypeError(f"no event codec was wired that could encode a {type(event).__name__}")
        return self._codec(event, self.caller, now)


def session_settings(schema: str) -> dict[str, str]:
    """What every session of a service is started with."""
    return {
        "application_name": f"kem-{schema}",
        "search_path": schema,
        "timezone": "UTC",
        "jit": "off",  # compiling costs more than these short statements take
        # with row-level security and arrays as arguments, PostgreSQL would plan anew at each call, and that
        # costs several times what the call does
        "plan_cache_mode": "force_generic_plan",
        "idle_in_transaction_session_timeout": str(IDLE_TRANSACTION_MILLISECONDS),
        "transaction_timeout": str(TRANSACTION_MILLISECONDS),
    }


def _begin(caller: Caller, lock_wait_milliseconds: int | None) -> str:
    """One round trip for the start and all settings; nothing in it leaves room for injection."""
    agency = str(caller.agency_id) if caller.agency_id else ""
    internal = "true" if caller.is_internal else "false"
    lock_wait = (
        "" if lock_wait_milliseconds is None else f"set local lock_timeout = {lock_wait_milliseconds:d}; "
    )
    return (
        f"begin isolation level read committed; {lock_wait}"
        f"select set_config('app.agency', '{agency}', true), set_config('app.internal', '{internal}', true)"
    )


async def _roll_back(connection: asyncpg.Connection) -> None:
    """Ends the transaction, or the connection where even that fails."""
    try:
        if not connection.is_closed():
            await connection.execute("rollback", timeout=5)
    except Exception:
        with contextlib.suppress(asyncpg.InterfaceError):  # the server ended it, and the pool has it back
            connection.terminate()


async def _keep_as_it_is(connection: asyncpg.Connection) -> None:
    """Nothing to undo between two transactions."""
