"""How often one browser's address may send something that nobody signs for."""

from collections import OrderedDict
from typing import Final

from kernel.errors import Exhausted

_MOST_KNOWN: Final = 20_000


class Allowance:
    """At most `most` in `seconds` by each sender, and `most_of_all` by all together.

    Counts are kept in memory, of so many senders at most; the one that was quiet longest is forgotten first.
    """

    def __init__(self, most: int, seconds: float, most_of_all: int) -> None:
        self._most, self._seconds, self._most_of_all = most, seconds, most_of_all
        self._sent: OrderedDict[str, list[float]] = OrderedDict()
        self._all: list[float] = []

    def take(self, sender: str, now: float) -> None:
        """Counts one.

        Args:
            now: seconds of any clock that only goes forward.

        Raises:
            Exhausted: TOO_MANY_FROM_HERE; it counts for nothing then.
        """
        since = now - self._seconds
        mine = [at for at in self._sent.get(sender, []) if at > since]
        self._all = [at for at in self._all if at > since]
        if len(mine) >= self._most or len(self._all) >= self._most_of_all:
            raise Exhausted(
                "That was sent too often in a short time. Please wait a few minutes and try again.",
                reason="TOO_MANY_FROM_HERE",
            )
        self._sent[sender] = [*mine, now]
        self._sent.move_to_end(sender)
        self._all.append(now)
        while len(self._sent) > _MOST_KNOWN:
            self._sent.popitem(last=False)
