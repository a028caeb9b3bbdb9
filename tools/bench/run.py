"""One run of `kem bench`: how long to measure, and where to say how far it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

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
    """

    is_quick: bool
    say: Callable[[str], None]
    rounds: int = 3
    settings: dict[str, object] = field(default_factory=dict)
    """What a bench was set to, by its name: noted beside the figures."""

    def scaled(self, full: _T, quick: _T) -> _T:
        """The full size, or the quick one."""
        return quick if self.is_quick else full
