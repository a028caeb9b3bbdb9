"""A form that somebody has begun and not sent: theirs only, and for a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kernel.errors import Conflict, NotFound, RuleBroken
from kernel.ids import BeneficiaryId

KEPT_FOR: Final = timedelta(hours=24)
"""From the last save on."""

MOST_DRAFTS: Final = 50
"""Of one member of staff."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft without what it says. `revision` grows with each save."""

    draft_id: UUID
    kind: str
    beneficiary_id: BeneficiaryId | None
    revision: int
    begun_time: datetime
    saved_time: datetime

    @property
    def expires_time(self) -> datetime:
        """From this instant on there is no such draft."""
        return self.saved_time + KEPT_FOR


class DraftNotFound(NotFound):
    """No such draft of the caller's: never there, over, destroyed, or somebody else's."""

    reason = "DRAFT_NOT_FOUND"


def check_save(there: Draft | None, expected_revision: int | None, drafts: int) -> None:
    """Lets a save pass that the writer means.

    Args:
        there: the draft that would be replaced.
        expected_revision: what the writer has seen, 0 for nothing; None where they do not mind.
        drafts: how many the writer has.

    Raises:
        Conflict: DRAFT_CHANGED.
        RuleBroken: TOO_MANY_DRAFTS.
    """
    current = there.revision if there else 0
    if expected_revision not in (None, current):
        raise Conflict(
            "This draft was changed or discarded meanwhile, in another window perhaps: look at it as it is"
            " now, or save yours over it.",
            reason="DRAFT_CHANGED",
            current_revision=str(current),
        )
    if there is None and drafts >= MOST_DRAFTS:
        raise RuleBroken(
            f"You have {MOST_DRAFTS} drafts already: send or discard one of them, then save this one again.",
            reason="TOO_MANY_DRAFTS",
        )
