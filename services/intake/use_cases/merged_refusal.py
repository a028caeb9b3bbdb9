"""What somebody who may not know of a restricted record is told when a need belongs on it."""

from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import KemError, RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.adapters.permitted_people import records_shown


async def told_of_merge(refusal: KemError, tx: Transaction) -> KemError:
    """The refusal as it may be told to the caller: without the id of a record that they may not know of."""
    kept = refusal.metadata.get("kept_beneficiary_id")
    if kept is None or await records_shown(tx, [BeneficiaryId(UUID(kept))]):
        return refusal
    rest = {name: value for name, value in refusal.metadata.items() if name != "kept_beneficiary_id"}
    return RuleBroken(
        "This record was merged into another one, which you may not open: ask a child-protection officer or a"
        " GBV focal point to record the need.",
        reason=refusal.stable_reason,
        **rest,
    )
