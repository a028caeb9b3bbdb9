"""The register of what people ask by right, with all the words about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.postgres import Transaction
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests, RequestsView
from services.intake.adapters.vault import Vault
from services.intake.domain.rights_request import RightsRequest
from services.intake.use_cases.hub_officer import own_agency_or_officer
from services.intake.use_cases.page_with_words import USUAL_PAGE_SIZE, Place, page_with_words


@dataclass(frozen=True, slots=True)
class WordedRequest:
    """A request with what was asked, why it was extended and what was answered; all may be empty."""

    request: RightsRequest
    words: str
    extension_words: str
    answer_words: str
    protection_words: str


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """Requests, the earliest due first, and where the next page begins. `now` is by the database's clock."""

    requests: Sequence[WordedRequest]
    next_after: Place | None
    now: datetime


async def list_rights_requests(
    page_size: int,
    view: RequestsView,
    after: Place | None,
    method: str,
    tx: Transaction,
    requests: PostgresRightsRequests,
    vault: Vault,
) -> RequestsPage:
    """One page; the read is recorded before it is answered."""
    await own_agency_or_officer(tx)
    now, size = await tx.now(), page_size or USUAL_PAGE_SIZE
    asked, next_after = await page_with_words(
        await requests.page(tx, view, now, after, size + 1),
        size,
        method,
        tx,
        vault,
        place=lambda one: (one.due_time, one.rights_request_id),
        sealed=lambda one: (one.beneficiary_id, one.rights_request_id, one.sealed_words),
    )
    later = [
        (one, part.sealed_words)
        for one, _ in asked
        for part in (one.extension, one.answer, one.protection)
        if part is not None and part.sealed_words is not None
    ]
    texts = [(one.beneficiary_id, one.rights_request_id, sealed) for one, sealed in later]
    words_of = dict(
        zip((sealed for _, sealed in later), await vault.open_texts(tx, texts), strict=True)
    )  # a seal is random: no two are alike
    return RequestsPage(
        [
            WordedRequest(
                one,
                words,
                *(
                    (part and part.sealed_words and words_of[part.sealed_words]) or ""
                    for part in (one.extension, one.answer, one.protection)
                ),
            )
            for one, words in asked
        ],
        next_after,
        now,
    )
