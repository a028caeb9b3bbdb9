"""How a consumer group behaves at the broker: how long it waits, and when a member counts as gone."""

import time
from typing import Any, Final

EMBEDDED_FETCH_WAIT_MILLISECONDS: Final = 10
"""It does not wake a waiting fetch: half of this is what each event waits on average."""

QUIET_FETCH_WAIT_MILLISECONDS: Final = 100
"""For a consumer to which nothing came for `QUIET_SECONDS`: only what ends a silence waits so long."""

QUIET_SECONDS: Final = 2.0

KAFKA_FETCH_WAIT_MILLISECONDS: Final = 500
"""Apache Kafka answers a waiting fetch as soon as something arrives."""

SESSION_SECONDS: Final = 6.0
"""After this long without a heartbeat another worker takes over; Apache Kafka takes no less by default."""

EMBEDDED_SESSION_SECONDS: Final = 3.0
"""It also lets each new member wait for half of it. On one machine nothing but a death keeps a heartbeat away
for so long."""


class FetchPace:
    """Fetches follow each other closely while events come, and rarely while none do.

    `client` is the aiokafka consumer, or None before it has started; it has no public way to change the wait
    of its next fetches.
    """

    def __init__(self, busy_milliseconds: int) -> None:
        self.busy_milliseconds = busy_milliseconds
        self._quiet_milliseconds = max(busy_milliseconds, QUIET_FETCH_WAIT_MILLISECONDS)
        self._last_arrival = time.monotonic()

    def note_arrival(self, client: Any) -> None:
        """Something came: what follows it is fetched soon."""
        self._last_arrival = time.monotonic()
        self._set(client, self.busy_milliseconds)

    def look(self, client: Any) -> None:
        """Call it now and then, so that a silence is noticed."""
        if time.monotonic() - self._last_arrival > QUIET_SECONDS:
            self._set(client, self._quiet_milliseconds)

    @staticmethod
    def _set(client: Any, milliseconds: int) -> None:
        fetcher = getattr(client, "_fetcher", None)
        if fetcher is not None:
            fetcher._fetch_max_wait_ms = milliseconds
