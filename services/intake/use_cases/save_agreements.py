"""Keeps the sharing agreements, without which nothing is offered and nothing is given."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import Invalid
from services.intake.adapters.postgres_agreements import PostgresAgreements
from services.intake.domain.agreement import Agreement, check_agreement, covers_same
from services.intake.domain.events import AgreementChanged


@dataclass(frozen=True, slots=True)
class SaveAgreements:
    """Up to 200 agreements, one for each agency; each replaces the one before."""

    request_id: UUID
    agreements: Sequence[Agreement]


async def save_agreements(command: SaveAgreements, tx: Transaction, agreements: PostgresAgreements) -> int:
    """How many have changed; one that says what it said before is left alone and nobody is told.

    All or none. Repeat-safe by itself.

    Raises:
        Invalid: as `check_agreement` says; AGENCY_TWICE.
    """
    agency_ids = [agreement.agency_id for agreement in command.agreements]
    if len(set(agency_ids)) < len(agency_ids):
        raise Invalid("Name each agency once.", reason="AGENCY_TWICE")
    for agreement in command.agreements:
        check_agreement(agreement)
    known = await agreements.lock(tx, agency_ids)
    now = await tx.now()
    saved = 0
    for agreement in command.agreements:
        before = known.get(agreement.agency_id)
        if before is not None and covers_same(before, agreement):
            continue
        changed = replace(agreement, version=1 if before is None else before.version + 1)
        await agreements.save(tx, changed, now)
        tx.publish(
            AgreementChanged(
                agency_id=changed.agency_id,
                version=changed.version,
                valid_from_time=changed.valid_from_time,
                valid_until_time=changed.valid_until_time,
                request_id=command.request_id,
            )
        )
        if before is not None:
            await agreements.remind(tx, changed.agency_id)
        saved += 1
    return saved
