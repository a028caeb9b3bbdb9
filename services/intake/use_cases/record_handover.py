"""Puts on record what was told to an agency by telephone, and what it answered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel import codes
from kernel.errors import NotFound, RuleBroken
from kernel.ids import DisclosureId, ordered_id
from kernel.vocabulary import LegalBasis
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_corrections import PostgresCorrections
from services.intake.adapters.postgres_emergencies import HandoverRow, PostgresEmergencies
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.vault import Vault
from services.intake.domain.emergency_events import HandoverRecorded
from services.intake.domain.emergency_review import REVIEW_DUE, EmergencyKind, EmergencyReview
from services.intake.domain.handover import Handover, HandoverAnswer, check_handover, rests_on
from services.intake.use_cases.open_recalls import open_recalls
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.tell_correction import tell_corrected_meanwhile


@dataclass(frozen=True, slots=True)
class RecordHandover:
    """What the sender's worker reports of the call."""

    request_id: UUID
    handover: Handover


@dataclass(frozen=True, slots=True)
class RecordedHandover:
    """`review_due_time` is None where consent covered what was told."""

    disclosure_id: DisclosureId
    recorded_time: datetime
    review_due_time: datetime | None


async def record_handover(
    command: RecordHandover,
    tx: Transaction,
    people: PostgresBeneficiaries,
    emergencies: PostgresEmergencies,
    recalls: PostgresRecalls,
    corrections: PostgresCorrections,
    vault: Vault,
) -> RecordedHandover:
    """A disclosure that has happened already: what it rests on is judged by the moment of the call.

    Where that consent has ended since, or what was told was corrected, that is asked back at once.

    Referral follows the event: the agency's open offer ends by its answer. Repeat-safe only inside
    `chassis.requests.once`.

    Raises:
        NotFound: REFERRAL_NOT_FOUND: no such referral, or the caller's agency did not send it.
        Invalid: as `check_handover` says.
        RuleBroken: TOLD_MORE_THAN_CONSENT, BENEFICIARY_ERASED.
    """
    handover, agency_id = command.handover, own_agency(tx.caller)
    need = await emergencies.sent(tx, handover.referral_id)
    if need is None:
        raise NotFound("There is no such referral among those of your agency.", reason="REFERRAL_NOT_FOUND")
    await people.lock(tx, need.beneficiary_id)
    now = await tx.now()
    then = check_handover(handover, need.recorded_time, now)
    purpose = codes.purpose_of(need.service_type).code
    agreement = await emergencies.agreement_then(tx, handover.agency_id, then)
    cells = await emergencies.cells_then(tx, need.beneficiary_id, handover.agency_id, purpose, then)
    relied_on = rests_on(handover, purpose, agreement, cells, then)
    words = [text for text in (handover.spoken_to, handover.circumstances.strip()) if text]
    texts = [(need.beneficiary_id, handover.referral_id, text) for text in words]
    sealed = [one for one in await vault.seal_texts(tx, texts) if one is not None]
    if len(sealed) < len(words):
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    row = HandoverRow(
        disclosure_id=DisclosureId(ordered_id()),
        request_id=command.request_id,
        told_by_agency_id=agency_id,
        need=need,
        purpose=purpose,
        handover=handover,
        relied_on=relied_on,
        agreement_version=agreement.version if agreement is not None else None,
        sealed_spoken_to=sealed[0],
        sealed_circumstances=sealed[1] if len(sealed) > 1 else None,
        happened_time=then,
        recorded_time=now,
    )
    await emergencies.add_handover(tx, row)
    review = _review(row, tx) if handover.legal_basis is LegalBasis.VITAL_INTEREST else None
    if review is not None:
        await emergencies.open_review(tx, review)
    tx.publish(_told(row))
    await open_recalls(tx, recalls, [need.beneficiary_id], request_id=command.request_id)
    await tell_corrected_meanwhile(
        tx,
        corrections,
        recalls,
        need.beneficiary_id,
        disclosure_id=row.disclosure_id,
        told_time=then,
        by_agency_id=agency_id,
        request_id=command.request_id,
    )
    return RecordedHandover(row.disclosure_id, now, review.due_time if review else None)


def _review(row: HandoverRow, tx: Transaction) -> EmergencyReview:
    return EmergencyReview(
        subject_id=row.disclosure_id,
        kind=EmergencyKind.HANDOVER,
        referral_id=row.handover.referral_id,
        beneficiary_id=row.need.beneficiary_id,
        owner_agency_id=row.told_by_agency_id,
        recipient_agency_id=row.handover.agency_id,
        involved_ids=(tx.caller.principal_id,),
        opened_time=row.recorded_time,
        due_time=row.recorded_time + REVIEW_DUE,
    )


def _told(row: HandoverRow) -> HandoverRecorded:
    handover = row.handover
    is_restricted = codes.service_type(row.need.service_type).restricted
    return HandoverRecorded(
        disclosure_id=row.disclosure_id,
        referral_id=handover.referral_id,
        agency_id=handover.agency_id,
        given_mask=0 if is_restricted else handover.told_mask,
        legal_basis=handover.legal_basis,
        is_taken=handover.answer is HandoverAnswer.TAKEN,
        happened_time=row.happened_time,
        purpose="" if is_restricted else row.purpose,
        consent_ids=tuple(sorted({cell.consent_id for cell in row.relied_on})),
        cell_ids=tuple(cell.cell_id for cell in row.relied_on),
        agreement_version=row.agreement_version or 0,
        request_id=row.request_id,
    )
