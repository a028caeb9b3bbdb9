"""What was taken back on one record before a merge ends the older permits of the other one."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, ordered_id
from services.intake.adapters.grant_cells import lock_cells
from services.intake.adapters.postgres_consents import PostgresConsents
from services.intake.domain.cells import apply, is_closed_by
from services.intake.domain.events import ConsentWithdrawn
from services.intake.domain.merge import taken_back_elsewhere
from services.intake.use_cases.own_agency import own_agency


async def take_back_by_merge(
    merged_id: BeneficiaryId,
    others: Collection[BeneficiaryId],
    tx: Transaction,
    consents: PostgresConsents,
    request_id: UUID,
) -> None:
    """Writes each such withdrawal on the record whose permits it ends. It stays there after an un-merge: what
    the person has taken back is not given anew by a worker's correction.

    The caller has locked the records, tells `ProfileChanged` and asks back what was given.

    Args:
        others: the records that are seen as the same person's from now on.
    """
    by_agency_id, now = own_agency(tx.caller), await tx.now()
    said = {record: await consents.events(tx, record) for record in (merged_id, *others)}
    for record, own in said.items():
        pairs = others if record == merged_id else [merged_id]
        elsewhere = [event for other in pairs for event in said[other]]
        cells, sequence = await lock_cells(tx, record), await consents.next_sequence(tx, record)
        for said_there in taken_back_elsewhere(own, elsewhere):
            withdrawal = replace(
                said_there,
                consent_event_id=ordered_id(),
                sequence=sequence,
                beneficiary_id=record,
                recorded_time=now,
            )
            closing = [cell for cell in cells if is_closed_by(cell, withdrawal)]
            if not closing or withdrawal.consent_id is None:
                continue
            await consents.close(
                tx, withdrawal, closing, by_agency_id=by_agency_id, happened_time=withdrawal.said_time
            )
            tx.publish(
                ConsentWithdrawn(
                    beneficiary_id=record,
                    version=sequence,
                    agency_id=withdrawal.agency_id,
                    happened_time=withdrawal.said_time,
                    consent_ids=(withdrawal.consent_id,),
                    request_id=request_id,
                )
            )
            cells, sequence = apply(cells, withdrawal), sequence + 1
