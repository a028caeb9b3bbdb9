"""What must have been done, or is done now, so that a request may be answered as fulfilled."""

from dataclasses import dataclass
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.postgres_consents import PostgresConsents
from services.intake.adapters.postgres_corrections import PostgresCorrections
from services.intake.adapters.postgres_exports import PostgresExports
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.vault import Vault
from services.intake.domain.rights_request import Answer, Right, RightsRequest
from services.intake.use_cases.hub_officer import reach_everything
from services.intake.use_cases.object_to_use import object_to_use
from services.intake.use_cases.restrict_use import restrict_use


@dataclass(frozen=True, slots=True)
class FulfilParts:
    """What fulfilling works with."""

    people: PostgresBeneficiaries
    consents: PostgresConsents
    freezes: PostgresConsentFreezes
    recalls: PostgresRecalls
    corrections: PostgresCorrections
    exports: PostgresExports
    vault: Vault


async def fulfil(
    request: RightsRequest,
    answer: Answer,
    words: str,
    tx: Transaction,
    parts: FulfilParts,
    request_id: UUID,
) -> UUID | None:
    """What fulfils the request: its export, the correction, the freeze, the objection; else None.

    Raises:
        RuleBroken: EXPORT_MISSING, NOT_CORRECTED, NOT_ERASED, BENEFICIARY_ERASED.
    """
    if answer.no_export_ground is not None:
        return None
    await reach_everything(tx)
    if request.right in (Right.ACCESS, Right.PORTABILITY):
        return _required(
            await parts.exports.last_by(tx, request.rights_request_id),
            "Nothing was exported by this request: make the export (ExportPersonData),"
            " or say why none is needed.",
            "EXPORT_MISSING",
        )
    if request.right is Right.ERASURE:
        if not await parts.people.is_erased(tx, request.beneficiary_id):
            raise RuleBroken(
                "This person is not erased yet: have them erased (EraseBeneficiary), then answer.",
                reason="NOT_ERASED",
            )
        return None
    locked = await parts.people.lock_as_one(tx, request.beneficiary_id)
    records = [one.beneficiary_id for one in locked]
    if request.right is Right.CORRECTION:
        return _required(
            await parts.corrections.last_since(tx, records, request.received_time),
            "Nothing of this person was corrected since they asked: correct it (UpdateBeneficiary),"
            " then answer.",
            "NOT_CORRECTED",
        )
    if request.right is Right.RESTRICTION:
        return await restrict_use(
            request, words, tx, records, parts.people, parts.freezes, parts.vault, request_id
        )
    return await object_to_use(request, tx, records, parts.people, parts.consents, parts.recalls, request_id)


def _required(found: UUID | None, otherwise: str, reason: str) -> UUID:
    if found is None:
        raise RuleBroken(otherwise, reason=reason)
    return found
