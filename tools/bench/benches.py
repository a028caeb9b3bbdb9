"""The benches by name, in the order in which they run when none is named."""

import importlib
from collections.abc import Callable, Coroutine
from typing import Any, Final

from tools.bench.run import Figures, Run
from tools.stack.failure import StackFailure

Measure = Callable[[Run], Coroutine[Any, Any, Figures]]

BENCHES: Final = {
    "pipeline": "tools.bench.pipeline",
    "loop": "tools.bench.loop",
    "yardstick": "tools.bench.yardstick.bench",
    "latency": "tools.bench.latency",
    "match": "tools.bench.match",
    "accept": "tools.bench.accept",
    "decide": "tools.bench.decide",
    "disclosure": "tools.bench.disclosure",
    "search": "tools.bench.search",
    "pages": "tools.bench.pages",
    "erase": "tools.bench.erase",
    "stream": "tools.bench.stream",
    "audit": "tools.bench.audit",
    "ledger": "tools.bench.ledger",
    "relay": "tools.bench.relay",
    "consumer": "tools.bench.consumer",
    "cpu": "tools.bench.cpu",
    "memory": "tools.bench.memory",
    "cold-start": "tools.bench.cold_start",
    "growth": "tools.bench.growth",
    "recovery": "tools.bench.recovery",
}
"""Each module has `async def measure(run: Run) -> Figures`, and says in its first line what it measures."""


def chosen(names: list[str]) -> list[str]:
    """The named benches in their order; all where none is named.

    Raises:
        StackFailure: there is no such bench.
    """
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        raise StackFailure(f"There is no bench called {unknown[0]!r}; there are: {', '.join(BENCHES)}.", 2)
    return [name for name in BENCHES if not names or name in names]


def measure_of(name: str) -> Measure:
    """The bench's function, imported only now."""
    measure: Measure = importlib.import_module(BENCHES[name]).measure
    return measure


def meaning_of(name: str) -> str:
    """The first line of what the bench says about itself."""
    return (importlib.import_module(BENCHES[name]).__doc__ or "").strip().splitlines()[0]
