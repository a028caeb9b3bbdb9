"""What readers have just been shown, so that what their open pages read anew is no access of its own.

An open page asks again because something has happened, and nobody has pressed anything. That its reader sees
a person's data is on record since they opened it; each repetition would say that they had looked once more.
"""

import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from chassis.access_records import MAX_SUBJECTS, AccessRecord
from chassis.caller import Caller

ONE_LOOK_SECONDS: Final = 600.0
"""For so long after its record a look is taken to go on; what a page reads later is told again."""
_MOST_REMEMBERED: Final = 20_000
_Key = tuple[UUID, str, UUID]


class RecentAccesses:
    """By reader, RPC and subject, when that was recorded last.

    Kept in this process alone: another one does not know, and records once more than it need have. What is
    forgotten because there is too much is recorded once more likewise.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._recorded: dict[_Key, float] = {}  # in the order of their times

    def is_told(self, record: AccessRecord, caller: Caller) -> bool:
        """Whether a record would say again what one has said within the last minutes.

        Only of a page that asked by itself; never of a refusal, a search, or subjects that are not all named.
        """
        if not caller.is_by_itself or not _is_plain(record):
            return False
        since = self._clock() - ONE_LOOK_SECONDS
        return all(self._recorded.get(key, since) > since for key in _keys(record, caller))

    def note(self, record: AccessRecord, caller: Caller) -> None:
        """Such a record was committed."""
        if caller.is_internal or not _is_plain(record):
            return
        now = self._clock()
        for key in _keys(record, caller):
            self._recorded.pop(key, None)
            self._recorded[key] = now
        while len(self._recorded) > _MOST_REMEMBERED:
            del self._recorded[next(iter(self._recorded))]


def _is_plain(record: AccessRecord) -> bool:
    """A granted read of named subjects."""
    return (
        0 < len(record.subject_ids) <= MAX_SUBJECTS
        and record.subject_count in (None, len(record.subject_ids))
        and not record.refusal_reason
        and not record.stated_reason
    )


def _keys(record: AccessRecord, caller: Caller) -> list[_Key]:
    return [(caller.principal_id, record.method, subject) for subject in record.subject_ids]
