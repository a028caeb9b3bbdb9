"""A sharing agreement began, changed or ended: intake keeps them, matching needs them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId
from services.referral.adapters.postgres_deadlines import Deadline, DeadlineKind
from services.referral.adapters.stores import Stores


@dataclass(frozen=True, slots=True)
class AgreementChange:
    """What AgreementChanged says; `version` counts the agreement's events."""

    event_id: UUID
    agency_id: AgencyId
    valid_from_time: datetime
    valid_until_time: datetime
    version: int


async def follow_agreement(tx: Transaction, stores: Stores, change: AgreementChange, now: datetime) -> None:
    """Keeps the agreement; its end revokes open offers, its begin lets waiting people be matched again.

    An agreement is half of a permission, and intake tells both halves together: whoever seeks a provider asks
    intake again first, page by page.
    """
    changed = await stores.agreements.save(
        tx, change.agency_id, change.valid_from_time, change.valid_until_time, change.version
    )
    if not changed:
        return
    ends = {max(now, change.valid_until_time)}
    if change.valid_from_time > now:
        ends.add(now)  # it replaces the one before, which so ends at once
    await stores.deadlines.add(
        tx, [Deadline(DeadlineKind.AGREEMENT_ENDS, end, agency_id=change.agency_id) for end in ends]
    )
    if change.valid_until_time > now:
        service_types = await stores.agreements.service_types_of(tx, change.agency_id)
        await stores.deadlines.directory_changed(tx, service_types, max(now, change.valid_from_time))
