"""Ends, at the person's objection, whatever rests on another basis than consent (GDPR article 21)."""

from collections.abc import Sequence
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, ordered_id
from services.intake.adapters.grant_cells import lock_cells
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consents import PostgresConsents
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.cells import Objected, is_closed_by
from services.intake.domain.consent import OBJECTED
from services.intake.domain.events import ConsentStateRecorded
from services.intake.domain.rights_request import RightsRequest
from services.intake.use_cases.open_recalls import open_recalls
from services.intake.use_cases.tell_profile import tell_profile


async def object_to_use(
    request: RightsRequest,
    tx: Transaction,
    records: Sequence[BeneficiaryId],
    people: PostgresBeneficiaries,
    consents: PostgresConsents,
    recalls: PostgresRecalls,
    request_id: UUID,
) -> UUID:
    """The event of the objection: it closes such permits as a withdrawal would, and asks back what was given.

    It is recorded also where nothing was open: it is the person's word, so it is written on each record that
    is seen as theirs. The caller holds their locks; the answer is the event on the record of the request.
    """
    events = {}
    for record in records:
        cells = await lock_cells(tx, record)
        number = await consents.next_sequence(tx, record)
        objected = Objected(ordered_id(), number, record, await tx.now())
        closing = [cell for cell in cells if is_closed_by(cell, objected)]
        await consents.object(tx, objected, closing, request.agency_id)
        tx.publish(ConsentStateRecorded(record, number, OBJECTED, request_id=request_id))
        events[record] = objected.consent_event_id
    await tell_profile(tx, people, records, request_id)
    await open_recalls(tx, recalls, records, objection_ids=frozenset(events.values()), request_id=request_id)
    return events[request.beneficiary_id]
