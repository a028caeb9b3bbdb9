"""Events per second that the relay brings from the outbox to the broker.

The referral service alone, so that nobody else takes part: a commit of many facts, until the broker has
acknowledged the last. Each gets its dense position in the event log on the way.
"""

from uuid import uuid4

from tools.bench.flood import Flood
from tools.bench.ground import fresh_stack
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians
from tools.stack.options import StackOptions


async def measure(run: Run) -> Figures:
    """Three rounds; the median."""
    events = run.scaled(50_000, 10_000)
    run.settings["relay"] = {"events_a_round": events, "rounds": run.rounds}
    agencies = [uuid4() for _ in range(12)]
    rounds = []
    async with fresh_stack(run, StackOptions(services=["referral"], has_sample_city=False)) as stack:
        flood = await Flood.on(stack)
        for _ in range(run.rounds):
            began = await flood.offers(agencies, events)
            seconds = await flood.until_published() - began
            rounds.append({"events_per_second": round(events / seconds)})
            run.say(f"{events:,} events in {seconds:.1f} s.")
        await flood.close()
    return medians(rounds)
