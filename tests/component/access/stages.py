"""How a referral comes to each stage, and when all services know that it has."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import asyncpg

from tests.integration.chassis.waiting import until
from tools.stack.status import count_waiting

PATIENCE_SECONDS: Final = 30.0

STEPS: Final[dict[str, list[tuple[str, str, Mapping[str, Any]]]]] = {
    "AWAITING_PERSON": [],
    "SENT": [],
    "QUESTION": [("PROVIDER", "RequestInformation", {})],
    "WAITLISTED": [("PROVIDER", "WaitlistOffer", {})],
    "DECLINED": [("PROVIDER", "DeclineOffer", {})],
    "EXPIRED": [],
    "RETURNED": [("PROVIDER", "AcceptOffer", {}), ("PROVIDER", "ReturnReferral", {})],
    "ASSESSED": [("PROVIDER", "AcceptOffer", {"for_assessment": True})],
    "ACCEPTED": [("PROVIDER", "AcceptOffer", {})],
    "IN_SERVICE": [("PROVIDER", "AcceptOffer", {}), ("PROVIDER", "StartService", {})],
    "COMPLETED": [
        ("PROVIDER", "AcceptOffer", {}),
        ("PROVIDER", "StartService", {}),
        ("PROVIDER", "CompleteReferral", {}),
    ],
    "NOT_COMPLETED": [("PROVIDER", "AcceptOffer", {}), ("PROVIDER", "CloseNotCompleted", {})],
    "WITHDRAWN": [("SENDER", "WithdrawNeed", {})],
    "CANCELLED": [("SENDER", "CancelReferral", {})],
    "IN_ERROR": [("SENDER", "MarkEnteredInError", {})],
}
"""Who calls what, one after the other, once the first offer is made."""

_REFERRAL_STATES: Final = {
    "SENT": "OFFERED",
    "QUESTION": "OFFERED",
    "DECLINED": "AWAITING_PERSON UNMATCHED",
    "EXPIRED": "AWAITING_PERSON UNMATCHED",
    "RETURNED": "AWAITING_PERSON UNMATCHED",
    "ASSESSED": "ACCEPTED_FOR_ASSESSMENT",
    "IN_ERROR": "ENTERED_IN_ERROR",
}


class OfferEnds:
    """Looks into the database past the doors: waits for what comes by events, and lets time run out."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()

    async def first_offers(self, referral_ids: Sequence[UUID], stage: str) -> dict[str, str]:
        """The first offer of each, when it is made; none where the person is awaited."""
        if stage == "AWAITING_PERSON":
            await self._wait_for(referral_ids, "AWAITING_PERSON")
            return {}
        await self._wait_for(referral_ids, "OFFERED")
        async with self._lock:
            rows = await self._connection.fetch(
                "select referral_id, offer_id from referral.offer where referral_id = any($1)", referral_ids
            )
        return {str(row["referral_id"]): str(row["offer_id"]) for row in rows}

    async def reached(self, referral_ids: Sequence[UUID], stage: str) -> None:
        """Returns when the stage is reached, and nobody has an event to read any more."""
        if stage == "EXPIRED":
            await self._run_out(referral_ids)
        await self._wait_for(referral_ids, _REFERRAL_STATES.get(stage, stage), stage)
        await until(self._is_quiet, within=PATIENCE_SECONDS)

    async def recalls_of(self, beneficiary_id: str) -> list[str]:
        async with self._lock:
            rows = await self._connection.fetch(
                "select recall_id from intake.recall where beneficiary_id = $1", UUID(beneficiary_id)
            )
        return [str(row["recall_id"]) for row in rows]

    async def _run_out(self, referral_ids: Sequence[UUID]) -> None:
        async with self._lock, self._connection.transaction():
            await self._connection.execute(
                "update referral.offer set respond_by_time = now() where referral_id = any($1)", referral_ids
            )
            await self._connection.execute(
                "update referral.deadline set due_time = now(), detail = 'END'"
                " where kind = 'OFFER' and referral_id = any($1)",
                referral_ids,
            )

    async def _wait_for(self, referral_ids: Sequence[UUID], state: str, stage: str = "") -> None:
        found: dict[str, int] = {}

        async def are_there() -> bool:
            async with self._lock:
                rows = await self._connection.fetch(
                    "select state, count(*) from referral.referral where referral_id = any($1)"
                    " group by state",
                    referral_ids,
                )
            found.clear()
            found.update({row["state"]: row["count"] for row in rows})
            return set(found) <= set(state.split()) and sum(found.values()) == len(referral_ids)

        try:
            await until(are_there, within=PATIENCE_SECONDS)
        except TimeoutError:
            raise AssertionError(f"{len(referral_ids)} are to be {state}, but are {found}, {stage}") from None

    async def _is_quiet(self) -> bool:
        async with self._lock:
            waiting = await count_waiting(self._connection)
        return all(one.outbox_depth == one.consumer_lag == 0 for one in waiting.values())
