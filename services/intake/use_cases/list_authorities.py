"""What authorities were told and what they ask for, with the words about it."""

from collections.abc import Sequence

from chassis.postgres import Transaction
from services.intake.adapters.postgres_authorities import PostgresAuthorities
from services.intake.adapters.vault import Vault
from services.intake.domain.authority import CompelledRequest, RecordedNotification
from services.intake.use_cases.hub_officer import own_agency_or_officer
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE, Place, page_with_words


async def list_authority_notifications(
    page_size: int,
    before: Place | None,
    method: str,
    tx: Transaction,
    authorities: PostgresAuthorities,
    vault: Vault,
) -> tuple[Sequence[tuple[RecordedNotification, str]], Place | None]:
    """One page, the newest first, and where the next begins."""
    await own_agency_or_officer(tx)
    size = page_size or USUAL_PAGE_SIZE
    return await page_with_words(
        await authorities.notifications(tx, before, size + 1),
        size,
        method,
        tx,
        vault,
        place=lambda one: (one.recorded_time, one.authority_notification_id),
        sealed=lambda one: (
            one.notification.beneficiary_id,
            one.authority_notification_id,
            one.sealed_words,
        ),
    )


async def list_compelled_requests(
    page_size: int,
    before: Place | None,
    method: str,
    tx: Transaction,
    authorities: PostgresAuthorities,
    vault: Vault,
) -> tuple[Sequence[tuple[CompelledRequest, str]], Place | None]:
    """The same of what is asked for."""
    await own_agency_or_officer(tx)
    size = page_size or USUAL_PAGE_SIZE
    return await page_with_words(
        await authorities.requests(tx, before, size + 1),
        size,
        method,
        tx,
        vault,
        place=lambda one: (one.registered_time, one.compelled_request_id),
        sealed=lambda one: (one.beneficiary_id, one.compelled_request_id, one.sealed_words),
    )
