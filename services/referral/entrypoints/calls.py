"""What every gRPC method of referrals shares: its databases, its clients, and one effect per request_id."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from google.protobuf.message import Message

from chassis.current import current_caller
from chassis.postgres import Database, Transaction
from chassis.requests import answer_once
from kernel.ids import OfferId, ReferralId
from services.referral.adapters.intake_client import IntakeClient
from services.referral.adapters.stores import Stores
from services.referral.use_cases.answer_offer import find_referral_of

SERVICE: Final = "/kem.referral.v1.ReferralService/"

_A = TypeVar("_A", bound=Message)


class Calls:
    """Bound by row-level security: `database` is that of the `_app` login."""

    def __init__(self, database: Database, stores: Stores, intake: IntakeClient) -> None:
        self._database = database
        self._stores = stores
        self._intake = intake

    async def _once(
        self,
        method: str,
        request: Any,
        answer: type[_A],
        act: Callable[[Transaction], Awaitable[_A]],
    ) -> _A:
        """One transaction; a repeated request_id gets the first answer."""
        return await answer_once(self._database, SERVICE + method, request, answer, act)

    async def _sealed_for_offer(self, offer_id: OfferId, words: str) -> bytes | None:
        """Words about the person behind an offer, sealed before the transaction; None where there are none.

        Raises:
            OfferNotFound: the caller may not write about it.
        """
        caller = current_caller()
        async with self._database.transaction(caller) as tx:
            referral_id = await find_referral_of(tx, self._stores, offer_id, caller)
        return await self._sealed(referral_id, words)

    async def _sealed(self, referral_id: ReferralId, words: str) -> bytes | None:
        """The same for a referral that the caller has just been found to see."""
        return await self._intake.seal(referral_id, words) if words.strip() else None
