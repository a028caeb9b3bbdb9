"""What of many refusals is told: each of the first ones, then how many more there were."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kernel.ids import PrincipalId

WINDOW: Final = timedelta(hours=1)
TOLD_EACH: Final = 10
"""More than a person who has forgotten a password needs; whoever guesses or floods is told as a number."""


@dataclass(frozen=True, slots=True)
class RefusalWindow:
    """All refusals of one kind to one person, or to nobody known, since `begin_time`.

    Args:
        method: the RPC.
        reason: the stable one.
    """

    principal_id: PrincipalId
    method: str
    reason: str
    begin_time: datetime
    times: int

    @property
    def untold(self) -> int:
        """How many were not told one by one."""
        return max(self.times - TOLD_EACH, 0)


def told_each_of(new: int, times: int) -> int:
    """How many of the `new` ones are told one by one, where there are `times` with them."""
    return max(min(new, TOLD_EACH - (times - new)), 0)
