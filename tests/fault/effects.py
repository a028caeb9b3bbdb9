"""The consumer under test: writes one row per fact that it is given, and keeps what cannot be undone."""

import json
from typing import Any
from uuid import UUID

from chassis.batch_reader import NewerThanReader
from chassis.events import IncomingEvent
from chassis.postgres import Transaction
from tests.fault.facts import HOLD, WORDS_ABOUT_A_PERSON, Trouble
from tests.fault.order import SCHEMA, say

TABLE = f"""
    create table {SCHEMA}.effect (
        id bigint generated always as identity primary key, consumer text, event_id uuid, key uuid, number int
    );
    grant select, insert on {SCHEMA}.effect to {SCHEMA}_worker;
"""
"""No key on the event: doing one twice shows as two rows."""

_INSERT = "insert into effect (consumer, event_id, key, number) values ($1, $2, $3, $4)"


class EffectReader:
    """A batch reader as a service would write it."""

    def __init__(self, consumer: str, *, reads_newer: bool) -> None:
        self._consumer = consumer
        self._reads_newer = reads_newer
        self._stumbled: set[UUID] = set()

    async def prepare(self, events: list[IncomingEvent]) -> Any:
        """Nothing to ask of others."""

    async def apply(self, tx: Transaction, events: list[IncomingEvent], prepared: Any) -> None:
        """Writes the rows in order; raises as the facts' troubles say."""
        for event in events:
            await self.take(tx, event)

    async def take(self, tx: Transaction, event: IncomingEvent) -> None:
        """One fact."""
        content = json.loads(event.payload)
        match Trouble(content["trouble"]):
            case Trouble.STUMBLE if event.event_id not in self._stumbled:
                self._stumbled.add(event.event_id)
                say("stumbled")
                raise RuntimeError("a mistake that shows once")
            case Trouble.POISON:
                say("poisoned")
                raise ValueError(WORDS_ABOUT_A_PERSON)
            case Trouble.HELD:
                say("held")
                await tx.connection.execute("select pg_advisory_xact_lock($1)", HOLD)
            case Trouble.NEWER if not self._reads_newer:
                self.meet_newer(event)
                return
        key = UUID(event.key.decode())
        await tx.connection.execute(_INSERT, self._consumer, event.event_id, key, content["number"])

    def meet_newer(self, event: IncomingEvent) -> None:
        """What a reader does with a fact that it does not know yet."""
        raise NewerThanReader(event.event_id)
