"""What arrives on the open streams of partners, and when."""

import asyncio
import time
from collections.abc import Callable, Iterable

from kem.notifications.v1 import delivery_pb2
from tools.demo.calls import Calls
from tools.demo.ledger import Ledger
from tools.demo.listening import ListeningStaff
from tools.hub import Hub, Person
from tools.stack.failure import StackFailure

PATIENCE_SECONDS = 90.0


class Arrivals:
    """Offers by referral: the monotonic second at which each reached its agency's screen."""

    def __init__(self) -> None:
        self.offered: dict[str, float] = {}
        self.doubled = 0
        self.on_offer: Callable[[delivery_pb2.Delivery], None] = lambda delivery: None
        """Called with each new offer, for benches in which an agency answers."""
        self._waiting: dict[str, asyncio.Future[float]] = {}

    def note(self, delivery: delivery_pb2.Delivery) -> None:
        """An offer is on the screen."""
        if delivery.referral_id in self.offered:
            self.doubled += 1
            return
        now = time.monotonic()
        self.offered[delivery.referral_id] = now
        waiting = self._waiting.pop(delivery.referral_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(now)
        self.on_offer(delivery)

    async def of(self, referral_id: str) -> float:
        """When this referral's offer arrived; waits for it.

        Raises:
            StackFailure: it did not come.
        """
        if referral_id in self.offered:
            return self.offered[referral_id]
        waiting = self._waiting.setdefault(referral_id, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await waiting
        except TimeoutError:
            raise StackFailure(
                f"An offer did not arrive within {PATIENCE_SECONDS:.0f} s: the figures would be wrong."
            ) from None

    async def of_all(self, referral_ids: Iterable[str]) -> list[float]:
        """When each arrived, in the order asked; waits for the last."""
        return [await self.of(referral_id) for referral_id in referral_ids]


class Partner(ListeningStaff):
    """One agency's open stream: notes offers, and acknowledges four times a second at most."""

    def __init__(self, hub: Hub, staff: Person, arrivals: Arrivals) -> None:
        ledger = Ledger()
        super().__init__(hub, Calls(ledger, seed=1), ledger, staff, delivery_pb2.INBOX_AGENCY)
        self._arrivals = arrivals

    def arrived(self, delivery: delivery_pb2.Delivery) -> None:
        if delivery.kind == "ReferralOffered":
            self._arrivals.note(delivery)
