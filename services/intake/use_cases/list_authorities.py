"""What authorities were told and what they ask for, with the words about it."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_authorities import Place, PostgresAuthorities
from services.intake.adapters.vault import Vault
from services.intake.domain.authority import CompelledRequest, RecordedNotification
from services.intake.use_cases.hub_officer import own_agency_or_officer

USUAL_PAGE_SIZE: Final = 50


async def list_authority_notifications(
    page_size: int,
    before: Place,
    method: str,
    tx: Transaction,
    authorities: PostgresAuthorities,
    vault: Vault,
) -> tuple[Sequence[tuple[RecordedNotification, str]], Place]:
    """One page, the newest first, and where the next begins. The read is recorded before it is answered."""
    await own_agency_or_officer(tx)
    size = page_size or USUAL_PAGE_SIZE
    found = await authorities.notifications(tx, before, size + 1)
    shown = found[:size]
    listed = [
        (
            one,
            await _words(
                tx,
                vault,
                one.notification.beneficiary_id,
                one.authority_notification_id,
                one.sealed_words,
            ),
        )
        for one in shown
    ]
    _record(tx, method, [one.authority_notification_id for one in shown])
    last = shown[-1] if len(found) > size else None
    return listed, None if last is None else (last.recorded_time, last.authority_notification_id)


async def list_compelled_requests(
    page_size: int,
    before: Place,
    method: str,
    tx: Transaction,
    authorities: PostgresAuthorities,
    vault: Vault,
) -> tuple[Sequence[tuple[CompelledRequest, str]], Place]:
    """One page, the newest first, and where the next begins. The read is recorded before it is answered."""
    await own_agency_or_officer(tx)
    size = page_size or USUAL_PAGE_SIZE
    found = await authorities.requests(tx, before, size + 1)
    shown = found[:size]
    listed = [
        (
            one,
            await _words(tx, vault, one.beneficiary_id, one.compelled_request_id, one.sealed_words),
        )
        for one in shown
    ]
    _record(tx, method, [one.compelled_request_id for one in shown])
    last = shown[-1] if len(found) > size else None
    return listed, None if last is None else (last.registered_time, last.compelled_request_id)


async def _words(
    tx: Transaction, vault: Vault, beneficiary_id: BeneficiaryId, subject: UUID, sealed: bytes
) -> str:
    texts = await vault.open_texts(tx, beneficiary_id, subject, [sealed])
    return texts[0] if texts else ""


def _record(tx: Transaction, method: str, subject_ids: Sequence[UUID]) -> None:
    if subject_ids:
        tx.record_access(AccessRecord("intake", method, subject_ids))
