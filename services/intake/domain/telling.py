"""Whether a person may be told what an authority was given of them: not, as long as nobody has said so."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kernel.errors import Invalid
from services.intake.domain.authority import NotToldReason

REVIEWED_AFTER: Final = timedelta(days=90)
"""Where nobody has said anything about it."""

LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Telling:
    """Either the person may be told, or not yet: why, and when that is looked at again."""

    may_be_told: bool
    not_told_reason: NotToldReason | None
    review_time: datetime | None

    def check(self, now: datetime) -> None:
        """Lets a decision pass.

        Raises:
            Invalid: TOLD_OR_NOT, REVIEW_TIME_UNFIT.
        """
        has_reason = self.not_told_reason in (NotToldReason.DANGER, NotToldReason.FORBIDDEN)
        is_whole = has_reason and self.review_time is not None
        is_empty = self.not_told_reason is None and self.review_time is None
        if not (is_empty if self.may_be_told else is_whole):
            raise Invalid(
                "Say that the person may be told, or else why not (DANGER or FORBIDDEN) and when that is"
                " looked at again.",
                reason="TOLD_OR_NOT",
            )
        if self.review_time is not None and not now < self.review_time <= now + LONGEST:
            raise Invalid(
                "That a person is not told is looked at again within a year from now.",
                reason="REVIEW_TIME_UNFIT",
            )


@dataclass(frozen=True, slots=True)
class RecordedTelling:
    """The decision that counts; `sequence` counts those on the same request."""

    compelled_telling_id: UUID
    sequence: int
    telling: Telling
    sealed_words: bytes | None
    decided_time: datetime

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been looked at again by `now`."""
        return self.telling.review_time is not None and self.telling.review_time <= now


def unsaid(now: datetime) -> Telling:
    """What counts where the officer said nothing about it."""
    return Telling(may_be_told=False, not_told_reason=None, review_time=now + REVIEWED_AFTER)
