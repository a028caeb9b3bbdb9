"""Every refusal of sign-in is counted; however many there are, few commits and few events tell of them."""

import asyncio
import contextvars
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chassis.access_records import AccessRecord, access_event
from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel.ids import PrincipalId
from services.access.adapters.postgres_refusals import PostgresRefusals, RefusalKind
from services.access.domain.refusals import RefusalWindow, told_each_of

_SERVICE: Final = "access"


@dataclass(eq=False, slots=True)
class _Refusal:
    caller: Caller
    method: str
    reason: str
    written: asyncio.Future[None]
    context: contextvars.Context = field(default_factory=contextvars.copy_context)

    @property
    def kind(self) -> RefusalKind:
        return PrincipalId(self.caller.principal_id), self.method, self.reason


class RefusalBook:
    """Notes refusals, those that come at once in one commit: a flood takes one connection, not all."""

    def __init__(self, database: Database, refusals: PostgresRefusals) -> None:
        self._database = database
        self._refusals = refusals
        self._waiting: list[_Refusal] = []
        self._writing: asyncio.Task[None] | None = None

    async def note(self, caller: Caller, method: str, reason: str) -> None:
        """Puts one on record and returns when that is committed; whoever goes away meanwhile is noted, too.

        Args:
            caller: whom it concerns; the service itself where nobody is known.
            method: the RPC's full name.
        """
        one = _Refusal(caller, method, reason, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name="refusals")
        await asyncio.shield(one.written)

    async def take_ended(self, tx: Transaction, begun_before: datetime) -> list[RefusalWindow]:
        """Some of the windows that began so long ago; they are in the book no more."""
        return await self._refusals.take_ended(tx, begun_before)

    async def close(self) -> None:
        """Returns when all is written."""
        if self._writing is not None:
            await self._writing

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await self._write(batch)
            except Exception as error:
                for one in batch:
                    one.written.set_exception(error)
                    one.written.exception()  # nobody may be there to ask
            else:
                for one in batch:
                    one.written.set_result(None)

    async def _write(self, batch: list[_Refusal]) -> None:
        new = Counter(one.kind for one in batch)
        async with self._database.transaction(Caller.of_service(_SERVICE)) as tx:
            now = await tx.now()
            times = await self._refusals.count(tx, new, now)
            each = {kind: told_each_of(new[kind], times[kind]) for kind in new}
            for one in batch:
                if each[one.kind] > 0:
                    each[one.kind] -= 1
                    record = AccessRecord(_SERVICE, one.method, refusal_reason=one.reason)
                    one.context.run(tx.publish, access_event(record, one.caller, now))
