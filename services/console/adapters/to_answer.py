"""How much an agency was given and must still say of, for every page of its people: one call now and then."""

import time
from typing import Final

from kem.disclosure.v1.waiting_service_pb2 import CountWaitingRequest, Waiting
from kernel.errors import KemError
from services.console.adapters.hub import Hub, Metadata, ask

_KEPT_SECONDS: Final = 15.0
_PATIENCE_SECONDS: Final = 0.5
"""Every page can be read without the number."""
_MOST_KEPT: Final = 1_000


class ToAnswer:
    """Asks intake for whoever looks; people of one agency are told the same."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._kept: dict[str, tuple[float, Waiting | None]] = {}

    async def of(self, agency_id: str, metadata: Metadata, *, anew: bool) -> Waiting | None:
        """How much it is; None where nobody can say at the moment.

        Args:
            anew: as it is now, not as it was some seconds ago.
        """
        until, found = self._kept.get(agency_id, (0.0, None))
        if until > time.monotonic() and not anew:
            return found
        try:
            answer = await ask(
                self._hub.waiting.CountWaiting, CountWaitingRequest(), metadata, timeout=_PATIENCE_SECONDS
            )
            found = answer.recalls_to_answer
        except KemError:
            found = None
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[agency_id] = (time.monotonic() + _KEPT_SECONDS, found)
        return found
