"""What authorities were told and what they ask for, with the words about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.postgres import Transaction
from services.intake.adapters.postgres_authorities import PostgresAuthorities
from services.intake.adapters.postgres_tellings import PostgresTellings
from services.intake.adapters.vault import Vault
from services.intake.domain.authority import CompelledRequest, RecordedNotification
from services.intake.domain.telling import RecordedTelling
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


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """What is asked for, with the words about it; and whether the person may be told, with why."""

    request: CompelledRequest
    words: str
    telling: RecordedTelling | None
    telling_words: str


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """`now` is when it was read: what is overdue is so by it."""

    requests: Sequence[ListedRequest]
    next_before: Place | None
    now: datetime


async def list_compelled_requests(
    page_size: int,
    before: Place | None,
    method: str,
    tx: Transaction,
    authorities: PostgresAuthorities,
    tellings: PostgresTellings,
    vault: Vault,
    *,
    only_overdue: bool = False,
) -> RequestsPage:
    """The same of what is asked for.

    Args:
        only_overdue: those of which it should have been looked at by now whether the person may be told.
    """
    await own_agency_or_officer(tx)
    now, size = await tx.now(), page_size or USUAL_PAGE_SIZE
    shown, next_before = await page_with_words(
        await authorities.requests(tx, before, size + 1, now if only_overdue else None),
        size,
        method,
        tx,
        vault,
        place=lambda one: (one.registered_time, one.compelled_request_id),
        sealed=lambda one: (one.beneficiary_id, one.compelled_request_id, one.sealed_words),
    )
    found = await tellings.last(tx, [request.compelled_request_id for request, _ in shown])
    sealed = [
        (request.beneficiary_id, one.compelled_telling_id, one.sealed_words)
        for request, _ in shown
        if (one := found.get(request.compelled_request_id)) is not None and one.sealed_words is not None
    ]
    opened = dict(
        zip((telling_id for _, telling_id, _ in sealed), await vault.open_texts(tx, sealed), strict=True)
    )

    def listed(request: CompelledRequest, words: str) -> ListedRequest:
        telling = found.get(request.compelled_request_id)
        told = opened.get(telling.compelled_telling_id) if telling else None
        return ListedRequest(request, words, telling, told or "")

    return RequestsPage([listed(*one) for one in shown], next_before, now)
