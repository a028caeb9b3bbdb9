"""Events per second that consumers commit: the notifications service's by Faust, intake's by a plain loop.

A commit of many facts in the referral service's outbox; then until each consumer's own commits cover the
last. Both read the same topic at the same time, beside the relay, on the same machine.

`notifications_per_second`: two deliveries made of each event. `intake_per_second`: events that concern
nothing that intake keeps, so this is the cost of reading. `both_per_second`: until the slower one is done.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

from tools.bench.flood import Flood
from tools.bench.ground import fresh_stack
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians
from tools.stack.options import StackOptions
from tools.stack.stack import Stack

_CONSUMERS = {"notifications": "notifications", "intake": "intake.held-referrals"}


async def measure(run: Run) -> Figures:
    """Three rounds; the median."""
    events = run.scaled(30_000, 5_000)
    run.settings["consumer"] = {"events_a_round": events, "rounds": run.rounds}
    agencies = [uuid4() for _ in range(143)]
    rounds = []
    async with fresh_stack(run, StackOptions(has_sample_city=False)) as stack:
        for _ in range(run.rounds):
            rounds.append(await _round(stack, agencies, events))
            run.say(
                f"{events:,} events: {rounds[-1]['notifications_per_second']:,} a second (notifications)."
            )
    return medians(rounds)


async def _round(stack: Stack, agencies: Sequence[UUID], events: int) -> Figures:
    flood = await Flood.on(stack)
    began = await flood.offers(agencies, events)
    readers = [await Flood.on(stack) for _ in _CONSUMERS]
    ended = await asyncio.gather(
        *(
            reader.until_read(schema, consumer)
            for reader, (schema, consumer) in zip(readers, _CONSUMERS.items(), strict=True)
        )
    )
    for one in (flood, *readers):
        await one.close()
    rates = {
        f"{schema}_per_second": round(events / (at - began))
        for schema, at in zip(_CONSUMERS, ended, strict=True)
    }
    return rates | {"both_per_second": round(events / (max(ended) - began))}
