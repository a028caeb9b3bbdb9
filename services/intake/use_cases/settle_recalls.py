"""Ends what a denial has asked back, where the denial holds no longer."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.use_cases.acknowledge_recall import tell_acknowledged


async def settle_permitted_again(
    tx: Transaction,
    recalls: PostgresRecalls,
    beneficiary_ids: Iterable[BeneficiaryId],
    now: datetime,
    request_id: UUID | None,
) -> None:
    """Call it in the transaction that ends a denial or a merge, or finds a denial over by time, behind that,
    with the people locked.

    What is permitted again in part only waits for its answer all the same. Repeat-safe.
    """
    for recall in await recalls.settle_permitted_again(tx, beneficiary_ids, now):
        tell_acknowledged(tx, recall, request_id)
