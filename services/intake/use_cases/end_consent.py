"""Ends one consent from the hub's side: its purpose is over, or it should never have counted."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotFound, RuleBroken
from kernel.ids import BeneficiaryId, ConsentId, ordered_id
from services.intake.adapters.grant_cells import lock_cells
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consents import PostgresConsents
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.cells import ConsentEnded, is_closed_by
from services.intake.domain.consent import ConsentEnding
from services.intake.domain.events import ConsentStateRecorded
from services.intake.use_cases.open_recalls import open_recalls
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.tell_profile import tell_profile


@dataclass(frozen=True, slots=True)
class EndConsent:
    """Which, and how."""

    request_id: UUID
    beneficiary_id: BeneficiaryId
    consent_id: ConsentId
    ending: ConsentEnding


@dataclass(frozen=True, slots=True)
class EndedConsent:
    """When it took effect, and how many grants it closed."""

    ended_time: datetime
    grants_closed: int


async def end_consent(
    command: EndConsent,
    tx: Transaction,
    people: PostgresBeneficiaries,
    consents: PostgresConsents,
    recalls: PostgresRecalls,
) -> EndedConsent:
    """Closes the permits of this consent, and asks back what was given under them; its denials stay.

    Repeat-safe only inside `chassis.requests.once`.

    Disclosures under way are waited for; none begins before this transaction has ended.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency;
            CONSENT_NOT_FOUND: they have given no such consent.
        RuleBroken: CONSENT_ENDED: it was ended before; BENEFICIARY_ERASED.
    """
    by_agency_id = own_agency(tx.caller)
    await people.lock(tx, command.beneficiary_id)
    if not await consents.has_given(tx, command.beneficiary_id, command.consent_id):
        raise NotFound("This person has given no such consent.", reason="CONSENT_NOT_FOUND")
    if await consents.is_ended(tx, command.consent_id):
        raise RuleBroken("This consent was ended already.", reason="CONSENT_ENDED")
    cells = await lock_cells(tx, command.beneficiary_id)
    now = await tx.now()
    ended = ConsentEnded(
        consent_event_id=ordered_id(),
        sequence=await consents.next_sequence(tx, command.beneficiary_id),
        beneficiary_id=command.beneficiary_id,
        consent_id=command.consent_id,
        recorded_time=now,
    )
    closing = [cell for cell in cells if is_closed_by(cell, ended)]
    await consents.end(tx, ended, command.ending, closing, by_agency_id=by_agency_id)
    tx.publish(
        ConsentStateRecorded(
            command.beneficiary_id,
            ended.sequence,
            command.ending,
            consent_id=command.consent_id,
            request_id=command.request_id,
        )
    )
    await tell_profile(tx, people, [command.beneficiary_id], command.request_id)
    await open_recalls(tx, recalls, [command.beneficiary_id], request_id=command.request_id)
    return EndedConsent(now, len(closing))
