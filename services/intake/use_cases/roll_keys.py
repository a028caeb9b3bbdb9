"""Makes erasures final: every key that is left is wrapped in a new epoch, then the older ones end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from chassis.postgres import Transaction
from services.intake.adapters.keys import EpochDestroyed, KeyProvider, KeysUnusable, WrappedKey
from services.intake.adapters.postgres_key_rolls import KeyRoll, OldKey, PostgresKeyRolls
from services.intake.adapters.sealing import key_context
from services.intake.domain.key_events import KeyEpochDestroyed
from services.intake.use_cases.hub_officer import hub_officer_only

REST: Final = timedelta(seconds=60)
"""From the last key that was wrapped anew to the end of the older epochs: longer than any transaction lasts.

Whoever has read a key as it was wrapped before, and has not opened it yet, would take the person for erased.
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RollKeys:
    """A timer's work. Every step is a commit of its own, and may be the last one of its process.

    Args:
        rest: how long an older epoch is kept once nothing needs it any more.
    """

    keys: KeyProvider
    rolls: PostgresKeyRolls
    rest: timedelta = REST

    async def take(self, tx: Transaction) -> int:
        """The next step of the roll that is under way; answers how much was done, 0 where it has to wait."""
        roll = await self.rolls.take(tx)
        if roll is None:
            return 0
        if self.keys.current_epoch < roll.to_epoch:
            await asyncio.to_thread(self.keys.begin_epoch)
        if roll.keys is None:
            await self.rolls.begin(tx, roll.to_epoch)
            return 1
        return await self._rewrap(tx, roll) or await self._end(tx, roll)

    async def _rewrap(self, tx: Transaction, roll: KeyRoll) -> int:
        batch = await self.rolls.batch(tx, roll.to_epoch)
        if not batch:
            return 0
        fresh = await asyncio.to_thread(_wrapped_anew, self.keys, batch)
        await self.rolls.replace(tx, roll.to_epoch, fresh, batch[-1])
        if len(fresh) < len(batch):
            log.error("keys_unreadable", count=len(batch) - len(fresh))
        return len(batch)

    async def _end(self, tx: Transaction, roll: KeyRoll) -> int:
        """Once no key is left: nobody may add one, everybody has opened what they read, then it is done."""
        if await self.rolls.begin_again(tx, roll.to_epoch):
            return 0  # somebody held them, or they cannot be opened: either way they are not given up
        if roll.settled_time is None:
            await self.rolls.settle(tx, roll.to_epoch)
            return 1
        if await tx.now() < roll.settled_time + self.rest:
            return 0
        for epoch in [one for one in self.keys.epochs() if one < roll.to_epoch]:
            await asyncio.to_thread(self.keys.destroy_epoch, epoch)
        await self.rolls.finish(tx, roll.to_epoch)
        tx.publish(KeyEpochDestroyed(roll.to_epoch - 1))
        return 1


async def ask_for_roll(tx: Transaction, rolling: RollKeys) -> KeyRoll:
    """Has the keys rolled, or answers how far the roll is that is under way.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
    """
    hub_officer_only(tx.caller)
    return await rolling.rolls.ask(tx, rolling.keys.current_epoch + 1)


def _wrapped_anew(keys: KeyProvider, batch: Sequence[OldKey]) -> list[tuple[OldKey, WrappedKey]]:
    """Those that could be opened. The others stay as they are, and so does their epoch."""
    fresh = []
    for old in batch:
        context = key_context(old.beneficiary_id, old.key_class, old.key_id)
        try:
            fresh.append((old, keys.rewrap(old.wrapped, context)))
        except (KeysUnusable, EpochDestroyed):
            continue
    return fresh
