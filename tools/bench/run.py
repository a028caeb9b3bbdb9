"""One run of `kem bench`: how long to measure, and where to say how far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tools.stack.servers import ServersAsked

_T = TypeVar("_T")

Figures = dict[str, Any]
"""What one bench found: numbers by name, units in the name; dictionaries for groups of them."""


@dataclass(slots=True)
class Run:
    """What every bench is given.

    Args:
        is_quick: seconds instead of minutes.
        say: tells one sentence about the progress.
        rounds: how often a figure is measured; its median is what counts.
        servers: the broker on which fresh stacks run; the embedded one unless another was asked for.
    """

    is_quick: bool
    say: Callable[[str], None]
    rounds: int = 3
    servers: ServersAsked = field(default_factory=ServersAsked)
    settings: dict[str, object] = field(default_factory=dict)
    """What a bench was set to, by its name: noted beside the figures."""

    def scaled(self, full: _T, quick: _T) -> _T:
        """The full size, or the quick one."""
        return quick if self.is_quick else full


class Milestones:
    """Says how far a long step is, at every fifth of it."""

    def __init__(self, run: Run, goal: int, parts: int = 5) -> None:
        self._run = run
        self._goal = goal
        self._step = max(1, goal // parts)
        self._next = self._step

    def __call__(self, done: int) -> None:
        """So much is done."""
        if done >= self._next:
            self._run.say(f"{done:,} of {self._goal:,}")
            self._next += self._step
