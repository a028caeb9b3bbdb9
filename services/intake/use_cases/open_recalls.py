"""Asks back what agencies were given, once the consent behind it has ended."""

from collections.abc import Collection, Iterable
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.recall import Recall, recalls_of
from services.intake.domain.recall_events import RecallOpened


async def open_recalls(
    tx: Transaction,
    recalls: PostgresRecalls,
    beneficiary_ids: Iterable[BeneficiaryId],
    *,
    is_erased: bool = False,
    objection_ids: Collection[UUID] = (),
    request_id: UUID | None = None,
) -> list[Recall]:
    """Opens a recall for each agency and referral that was given something which is permitted no longer.

    Call it in the transaction that ends consent, behind what ends it, with the people locked: then no
    disclosure is under way that it would miss. What is asked back already is not asked again, so it is
    repeat-safe, and may be called where nothing has ended.

    Args:
        is_erased: the people were erased, so everything that agencies were given is asked back.
        objection_ids: the events of an objection that has just closed grants.
    """
    now = await tx.now()
    owed = await recalls.owed(tx, beneficiary_ids, now, is_erased=is_erased)
    if not owed:
        return []
    opened = recalls_of(owed, now, is_erased=is_erased, objection_ids=objection_ids)
    await recalls.open(tx, opened)
    tell_opened(tx, opened, request_id)
    return opened


def tell_opened(tx: Transaction, opened: Iterable[Recall], request_id: UUID | None) -> None:
    """Tells both sides that these wait for an answer."""
    for one in opened:
        tx.publish(
            RecallOpened(
                recall_id=one.recall_id,
                referral_id=one.referral_id,
                agency_id=one.agency_id,
                sender_agency_id=one.owner_agency_id,
                cause=one.cause_told,
                recalled_mask=0 if one.is_restricted else one.recalled_mask,
                due_time=one.due_time,
                request_id=request_id,
            )
        )
