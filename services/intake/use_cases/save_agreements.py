"""Keeps the sharing agreements, without which nothing is offered and nothing is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import Invalid, VersionConflict
from services.intake.adapters.postgres_agreements import PostgresAgreements
from services.intake.domain.agreement import Agreement, check_agreement, covers_same
from services.intake.domain.events import AgreementChanged


@dataclass(frozen=True, slots=True)
class SaveAgreements:
    """Up to 200 agreements, one for each agency; each replaces the one before.

    Args:
        expected_versions: by agency, what the caller has read, 0 where there was none; of agencies that are
            not named here whatever is there is replaced.
    """

    request_id: UUID
    agreements: Sequence[Agreement]
    expected_versions: Mapping[UUID, int] = field(default_factory=dict)


async def save_agreements(command: SaveAgreements, tx: Transaction, agreements: PostgresAgreements) -> int:
    """How many have changed; one that says what it said before is left alone and nobody is told.

    All or none. Repeat-safe by itself.

    Raises:
        Invalid: as `check_agreement` says; AGENCY_TWICE.
        VersionConflict: a colleague was first, and has saved something else.
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
        version = 0 if before is None else before.version
        if command.expected_versions.get(agreement.agency_id, version) != version:
            raise VersionConflict(
                "Somebody has changed this agreement since you read it; read it again, then change it.",
                current_version=str(version),
            )
        changed = replace(agreement, version=version + 1)
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
