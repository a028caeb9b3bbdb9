"""Puts on record that an agency asked for a person's data and got nothing."""

from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import KemError, NotYetKnown, RuleBroken
from kernel.ids import AgencyId, DisclosureId, ReferralId, ordered_id
from services.intake.adapters.postgres_disclosures import DisclosureRow, PostgresDisclosures
from services.intake.domain.correction import corrected_since
from services.intake.domain.disclosure import Decision, Refusal
from services.intake.domain.events import DisclosureRefused
from services.intake.domain.held_referral import HeldReferral
from services.intake.use_cases.own_agency import own_agency

RETRY_DELAY_SECONDS: Final = 1.0


async def refuse(
    request_id: UUID,
    referral_id: ReferralId,
    refusal: Refusal,
    tx: Transaction,
    disclosures: PostgresDisclosures,
    *,
    held: HeldReferral | None = None,
    decision: Decision | None = None,
) -> KemError:
    """Writes the refusal and answers the error to raise once it is committed.

    The same request refused again for the same reason makes no second row.

    Args:
        held: the referral, where the caller's agency holds it.
    """
    row = DisclosureRow(
        disclosure_id=DisclosureId(ordered_id()),
        request_id=request_id,
        referral_id=referral_id,
        agency_id=own_agency(tx.caller),
        disclosed_time=await tx.now(),
        refusal_reason=refusal,
        need_id=held.need_id if held else None,
        beneficiary_id=held.beneficiary_id if held else None,
        offer_id=held.offer_id if held else None,
        for_assessment=held.for_assessment if held else False,
        purpose=held.purpose if held else None,
        asked_mask=decision.asked_mask if decision else 0,
    )
    if await disclosures.add(tx, row):
        tx.publish(
            DisclosureRefused(
                disclosure_id=row.disclosure_id,
                referral_id=row.referral_id,
                agency_id=row.agency_id,
                reason=refusal.told,
                asked_mask=0 if held and held.is_restricted else row.asked_mask,
                request_id=request_id,
            )
        )
    return _error(refusal.told, row.agency_id)


def _error(told: Refusal, agency_id: AgencyId) -> KemError:
    match told:
        case Refusal.NOT_HOLDER | Refusal.ACCEPTANCE_NOT_KNOWN:  # told alike: a stranger learns of nothing
            return NotYetKnown(
                "Your agency holds no such referral, or its acceptance has not arrived here yet; if it has"
                " just accepted, ask again in a moment.",
                reason="ACCEPTANCE_NOT_KNOWN",
                retry_delay_seconds=RETRY_DELAY_SECONDS,
            )
        case Refusal.NEED_WITHDRAWN:
            return RuleBroken(
                "The person no longer asks for this; their data is not given for it.",
                reason="NEED_WITHDRAWN",
            )
        case Refusal.NO_AGREEMENT:
            return RuleBroken(
                "There is no sharing agreement in force with your agency for this purpose.",
                reason="NO_AGREEMENT",
                agency_id=str(agency_id),
            )
        case Refusal.CONSENT_NOT_IN_FORCE | Refusal.CONSENT_FROZEN:  # the second is never told
            return RuleBroken(
                "The person's consent does not, or no longer, allow your agency to see their data.",
                reason="CONSENT_NOT_IN_FORCE",
            )
        case Refusal.CORRECTED_SINCE:
            return corrected_since()
        case Refusal.BENEFICIARY_ERASED:
            return RuleBroken("This person's data was erased at their wish.", reason="BENEFICIARY_ERASED")
