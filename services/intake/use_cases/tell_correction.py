"""Records that a person's data were corrected, and tells every agency that still holds an earlier value."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, DisclosureId, random_id
from services.intake.adapters.postgres_corrections import PostgresCorrections
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.correction import Correction, recalls_for
from services.intake.domain.recall import Recall
from services.intake.use_cases.open_recalls import tell_opened


async def tell_correction(
    tx: Transaction,
    corrections: PostgresCorrections,
    recalls: PostgresRecalls,
    beneficiary_id: BeneficiaryId,
    *,
    version: int,
    corrected_mask: int,
    by_agency_id: AgencyId,
    request_id: UUID,
) -> None:
    """Opens a recall of cause CORRECTED for each agency and referral: the earlier value is to be replaced.

    Call it in the transaction that seals the new version, with the person locked: then no disclosure of the
    earlier value is under way. What an agency was told of already, and has not answered, is not told again.
    """
    now = await tx.now()
    correction = Correction(random_id(), beneficiary_id, version, corrected_mask, by_agency_id, now)
    await corrections.add(tx, correction)
    if corrected_mask:
        held = await corrections.earlier_values(tx, beneficiary_id, corrected_mask, now)
        await _open(tx, recalls, recalls_for(beneficiary_id, by_agency_id, held, now), request_id)


async def tell_corrected_meanwhile(
    tx: Transaction,
    corrections: PostgresCorrections,
    recalls: PostgresRecalls,
    beneficiary_id: BeneficiaryId,
    *,
    disclosure_id: DisclosureId,
    told_time: datetime,
    by_agency_id: AgencyId,
    request_id: UUID,
) -> None:
    """Does the same for one disclosure that is entered later than what it told was corrected."""
    corrected_mask = await corrections.mask_since(tx, beneficiary_id, told_time)
    if corrected_mask:
        now = await tx.now()
        held = [
            one
            for one in await corrections.earlier_values(tx, beneficiary_id, corrected_mask, now)
            if one.disclosure_id == disclosure_id
        ]
        await _open(tx, recalls, recalls_for(beneficiary_id, by_agency_id, held, now), request_id)


async def _open(
    tx: Transaction, recalls: PostgresRecalls, opened: Sequence[Recall], request_id: UUID
) -> None:
    if opened:
        await recalls.open(tx, opened)
        tell_opened(tx, opened, request_id)
