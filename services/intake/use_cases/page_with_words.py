"""A page of rows with what somebody wrote about each, opened for a reader who may see them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.adapters.vault import Vault

USUAL_PAGE_SIZE: Final = 50

Place = tuple[datetime, UUID]
"""Where a row stands in its list: its time and its id."""

_R = TypeVar("_R")


async def page_with_words(
    found: Sequence[_R],
    size: int,
    method: str,
    tx: Transaction,
    vault: Vault,
    *,
    place: Callable[[_R], Place],
    sealed: Callable[[_R], tuple[BeneficiaryId, UUID, bytes | None]],
) -> tuple[list[tuple[_R, str]], Place | None]:
    """The rows with their words, and where the next page begins; the read is recorded before it is answered.

    Words are empty where there are none, and where the person was erased.

    Args:
        found: up to `size` rows, and one more where there is a next page.
        sealed: whom a row's words are about, what they were sealed for, and the words.
    """
    shown = found[:size]
    texts = [
        (row, (person, subject, words))
        for row in shown
        for person, subject, words in [sealed(row)]
        if words is not None
    ]
    opened = await vault.open_texts(tx, [text for _, text in texts])
    words_of = {place(row)[1]: words for (row, _), words in zip(texts, opened, strict=True)}
    if shown:
        tx.record_access(AccessRecord("intake", method, [place(row)[1] for row in shown]))
    rows = [(row, words_of.get(place(row)[1]) or "") for row in shown]
    return rows, place(shown[-1]) if len(found) > size else None
