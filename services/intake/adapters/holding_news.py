"""News of who holds a referral, from the reader of kem.referral.v1 to the calls that wait in this process."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID


class HoldingNews:
    """Wakes; it tells nothing. Whoever is woken asks the database, which shows each caller its own."""

    def __init__(self) -> None:
        self._awaited: dict[UUID, set[asyncio.Event]] = {}

    @contextmanager
    def awaited(self, referral_id: UUID) -> Iterator[asyncio.Event]:
        """Set whenever something was committed about this referral; clear it before you look."""
        event = asyncio.Event()
        self._awaited.setdefault(referral_id, set()).add(event)
        try:
            yield event
        finally:
            others = self._awaited[referral_id]
            others.discard(event)
            if not others:
                del self._awaited[referral_id]

    def tell(self, referral_ids: Iterable[UUID]) -> None:
        """To be called after the commit."""
        for referral_id in referral_ids:
            for event in self._awaited.get(referral_id, ()):
                event.set()
