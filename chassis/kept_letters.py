"""Dead letters as they are kept, read in a service's own schema: for its door and the operator's commands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Final
from uuid import UUID

import asyncpg

_LETTERS: Final = """
    select id as letter_id, consumer, source, topic, partition, "offset", position, event_id, key, type,
           event_time, case when $1 then payload end as payload, payload_bytes, reason, tries,
           dead_letter_time, redrive_asked_time, redrive_failed_time, redriven_time, discarded_time,
           discard_reason
    from dead_letter
    where ($2 or redriven_time is null and discarded_time is null)
        and ($3::bigint[] is null or id = any($3)) and id > $4
    order by id
    limit $5
"""


class LetterState(StrEnum):
    """How it stands with a letter."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        return name

    OPEN = auto()
    ASKED = auto()
    """A worker is to take it again."""
    REDRIVEN = auto()
    DISCARDED = auto()


@dataclass(frozen=True, slots=True)
class KeptLetter:
    """One event that a consumer could not take. What a stranger may have written is as it came.

    Args:
        source: empty where it is no event of ours; then `position` is 0 and `event_time` means nothing.
        payload: None where it was not asked for.
        payload_bytes: how many it had, also where not all were kept.
    """

    letter_id: int
    consumer: str
    source: str
    topic: str
    partition: int
    offset: int
    position: int
    event_id: UUID
    key: bytes
    type: str
    event_time: datetime | None
    payload: bytes | None
    payload_bytes: int
    reason: str
    tries: int
    dead_letter_time: datetime
    redrive_asked_time: datetime | None
    redrive_failed_time: datetime | None
    redriven_time: datetime | None
    discarded_time: datetime | None
    discard_reason: str | None

    @property
    def state(self) -> LetterState:
        if self.redriven_time:
            return LetterState.REDRIVEN
        if self.discarded_time:
            return LetterState.DISCARDED
        return LetterState.ASKED if self.redrive_asked_time else LetterState.OPEN

    @property
    def settled_time(self) -> datetime | None:
        """When it came to REDRIVEN or DISCARDED."""
        return self.redriven_time or self.discarded_time


async def read_kept_letters(
    connection: asyncpg.Connection,
    *,
    is_settled_shown: bool = False,
    letter_ids: Collection[int] | None = None,
    after_id: int = 0,
    limit: int | None = None,
    with_payload: bool = False,
) -> list[KeptLetter]:
    """The open letters, or all that are kept, by their numbers.

    Args:
        letter_ids: only these; None for all.
    """
    rows = await connection.fetch(
        _LETTERS,
        with_payload,
        is_settled_shown,
        None if letter_ids is None else list(letter_ids),
        after_id,
        limit,
    )
    return [KeptLetter(**row) for row in rows]
