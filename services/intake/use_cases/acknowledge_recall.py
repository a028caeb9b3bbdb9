"""An agency says what became of what it was given, now that the consent behind it has ended."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotFound
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.vault import Vault
from services.intake.domain.recall import Acknowledgement, Recall
from services.intake.domain.recall_events import RecallAcknowledged
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class AcknowledgeRecall:
    """What became of it, and more about that in words, which may be empty."""

    request_id: UUID
    recall_id: UUID
    answer: Acknowledgement
    words: str


async def acknowledge_recall(
    command: AcknowledgeRecall, tx: Transaction, recalls: PostgresRecalls, vault: Vault
) -> datetime:
    """When it was said. It is said once. Repeat-safe only inside `chassis.requests.once`.

    Of somebody who was erased the words are not kept: no key is left to seal them.

    Raises:
        NotFound: RECALL_NOT_FOUND: no such recall, or another agency must answer it.
        RuleBroken: ALREADY_ACKNOWLEDGED.
        Invalid: as `Recall.check` says.
    """
    own_agency(tx.caller)
    recall = await recalls.lock(tx, command.recall_id)
    if recall is None:
        raise NotFound("There is nothing of this id that your agency must answer.", reason="RECALL_NOT_FOUND")
    answer = command.answer
    recall.check(answer)
    sealed = None
    if command.words.strip():
        texts = [(recall.beneficiary_id, recall.referral_id, command.words.strip())]
        [sealed] = await vault.seal_texts(tx, texts)
    now = await tx.now()
    await recalls.answer(tx, recall.recall_id, answer, sealed, now)
    tell_acknowledged(tx, replace(recall, acknowledgement=answer), command.request_id)
    return now


def tell_acknowledged(tx: Transaction, recall: Recall, request_id: UUID | None) -> None:
    """Tells both sides that it is answered."""
    answer = recall.acknowledgement
    if answer is None:
        raise ValueError("nobody has answered this recall")
    is_restricted = recall.is_restricted
    tx.publish(
        RecallAcknowledged(
            recall_id=recall.recall_id,
            referral_id=recall.referral_id,
            agency_id=recall.agency_id,
            sender_agency_id=recall.owner_agency_id,
            destroyed_mask=0 if is_restricted else answer.destroyed_mask,
            kept_mask=0 if is_restricted else answer.kept_mask,
            kept_ground="" if is_restricted else answer.kept_ground,
            version=2 if recall.overdue_told_time is None else 3,
            request_id=request_id,
        )
    )
