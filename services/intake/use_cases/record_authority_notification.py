"""Puts on record that an authority was told something because the law obliges to it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import random_id
from services.intake.adapters.postgres_authorities import PostgresAuthorities
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.vault import Vault
from services.intake.domain.authority import Notification, RecordedNotification, check_notification
from services.intake.domain.authority_events import AuthorityNotified
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class RecordAuthorityNotification:
    """What is reported, and what was told and why in words."""

    request_id: UUID
    notification: Notification
    words: str


async def record_authority_notification(
    command: RecordAuthorityNotification,
    tx: Transaction,
    people: PostgresBeneficiaries,
    authorities: PostgresAuthorities,
    vault: Vault,
) -> tuple[UUID, datetime]:
    """The notification, and when it was recorded. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED.
        Invalid: as `check_notification` says.
    """
    notification, agency_id = command.notification, own_agency(tx.caller)
    await people.lock(tx, notification.beneficiary_id)
    now = await tx.now()
    happened_time = check_notification(notification, now)
    notification_id = random_id()
    [sealed] = await vault.seal_texts(tx, [(notification.beneficiary_id, notification_id, command.words)])
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    recorded = RecordedNotification(notification_id, agency_id, notification, sealed, now)
    await authorities.notify(tx, recorded, happened_time)
    tx.publish(
        AuthorityNotified(
            authority_notification_id=notification_id,
            agency_id=agency_id,
            is_person_told=notification.person_told_time is not None,
            request_id=command.request_id,
        )
    )
    return notification_id, now
