"""What arrives on the screens of partners, and when."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from kem.notifications.v1 import delivery_pb2
from kernel.ids import agency_inbox
from tools.demo.calls import Calls
from tools.demo.ledger import Ledger
from tools.demo.listening import ListeningStaff
from tools.hub import Hub, Person
from tools.stack.failure import StackFailure

PATIENCE_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """An offer on an agency's screen; `at` is a monotonic second."""

    at: float
    offer_id: str
    agency_id: str


class Arrivals:
    """Offers by referral; each is expected once."""

    def __init__(self) -> None:
        self.offered: dict[str, Arrival] = {}
        self.doubled = 0
        self._waiting: dict[str, asyncio.Future[Arrival]] = {}

    def note(self, referral_id: str, offer_id: str, agency_id: str) -> None:
        """An offer is on the screen now."""
        if referral_id in self.offered:
            self.doubled += 1
            return
        self.offered[referral_id] = arrival = Arrival(time.monotonic(), offer_id, agency_id)
        waiting = self._waiting.pop(referral_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(arrival)

    async def of(self, referral_id: str, patience_seconds: float = PATIENCE_SECONDS) -> Arrival:
        """This referral's offer; waits for it.

        Raises:
            StackFailure: it did not come.
        """
        if referral_id in self.offered:
            return self.offered[referral_id]
        waiting = self._waiting.setdefault(referral_id, asyncio.get_running_loop().create_future())
        try:
            async with asyncio.timeout(patience_seconds):
                return await asyncio.shield(waiting)
        except TimeoutError:
            raise StackFailure(
                f"An offer did not arrive within {patience_seconds:.0f} s: the figures would be wrong."
            ) from None

    async def of_all(self, referral_ids: Iterable[str]) -> list[float]:
        """When each arrived, in the order asked; waits for the last."""
        return [(await self.of(referral_id)).at for referral_id in referral_ids]


class Partner(ListeningStaff):
    """One agency's open stream: notes offers, and acknowledges four times a second at most."""

    def __init__(self, hub: Hub, staff: Person, arrivals: Arrivals) -> None:
        ledger = Ledger()
        super().__init__(hub, Calls(ledger, seed=1), ledger, staff, delivery_pb2.INBOX_AGENCY)
        self._arrivals = arrivals

    @property
    def recipient_id(self) -> UUID:
        """The inbox that it listens to."""
        if self._staff.agency_id is None:
            raise ValueError("only an agency's staff have an agency's inbox")
        return agency_inbox(self._staff.agency_id)

    def resume_after(self, sequence: int) -> None:
        """Whatever lies in the inbox up to here has been seen to by others."""
        self._sequence = self._acknowledged = sequence

    def arrived(self, delivery: delivery_pb2.Delivery) -> None:
        if delivery.kind == "ReferralOffered":
            self._arrivals.note(delivery.referral_id, delivery.offer_id, str(self._staff.agency_id))
