"""Reads what happened to referrals, to what was given for them, what waits for officers, and the ledger's
checkpoints; delivers it.
"""

from typing import Final

from chassis import topics
from chassis.events import IncomingEvent
from chassis.postgres import Transaction
from services.notifications.adapters.postgres_deadlines import PostgresDeadlines
from services.notifications.adapters.postgres_deliveries import PostgresDeliveries
from services.notifications.entrypoints.fan_out import FanOut
from services.notifications.entrypoints.translate import read_fact
from services.notifications.entrypoints.translate_deadlines import read_deadline
from services.notifications.use_cases.deliver_facts import deliver_facts

CONSUMER: Final = "notifications"
TOPICS: Final = [topics.REFERRAL, topics.DISCLOSURE, topics.AUDIT]


class ReferralFacts:
    """The reader of kem.referral.v1, of what kem.disclosure.v1 tells of recalls and to officers, and of
    kem.audit.v1.

    Args:
        fan_out: the streams of this process, told after the commit; None where calls are answered elsewhere.
    """

    def __init__(self, deliveries: PostgresDeliveries, fan_out: FanOut | None = None) -> None:
        self._deliveries = deliveries
        self._deadlines = PostgresDeadlines()
        self._fan_out = fan_out

    async def prepare(self, events: list[IncomingEvent]) -> None:
        """Nothing to ask anybody: an event says whom it concerns."""

    async def apply(self, tx: Transaction, events: list[IncomingEvent], prepared: None) -> None:
        """Delivers the batch, and keeps until when something waits.

        Raises:
            PoisonEvent, NewerThanReader: an event that cannot be read.
        """
        facts = [fact for event in events if (fact := read_fact(event))]
        deadlines = [one for event in events if (one := read_deadline(event))]
        if deadlines:
            await self._deadlines.keep(tx, deadlines)
        delivered = await deliver_facts(facts, tx, self._deliveries)
        if self._fan_out is not None:
            fan_out = self._fan_out
            tx.after_commit.append(lambda: fan_out.pass_on(delivered))
