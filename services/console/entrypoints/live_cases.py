"""What is recorded in cases while their pages stand open: it moves no referral that a page would know.

Intake tells of each case one number, which opens nothing and so is no access to anybody's data; that it is
another one is all that a page hears. Whoever is not of the agency that registered the person hears nothing.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

import structlog

from kem.intake.v1 import case_service_pb2 as messages
from kernel.errors import KemError
from services.console.adapters.hub import Hub, ask
from services.console.entrypoints.live_page import OpenPage
from services.console.entrypoints.sessions import Sessions

LOOK_AGAIN_SECONDS: Final = 0.5
_SHORTEST_PAUSE_SECONDS: Final = 0.3
"""From one look to the next it is less than a second: so soon an open page is to have what has happened."""
_MOST_AT_ONCE: Final = 200

log = structlog.get_logger(__name__)


class Cases:
    """Counts what is recorded in all cases that pages of one agency show, by one call for all readers who may
    see the same of them.
    """

    def __init__(self, hub: Hub, sessions: Sessions, pages: Sequence[OpenPage]) -> None:
        self._hub, self._sessions, self._pages = hub, sessions, pages
        self._is_due = asyncio.Event()

    def look_soon(self) -> None:
        """Something has moved in the agency's inbox, or a page was opened: it need not wait for its turn."""
        self._is_due.set()

    async def run(self) -> None:
        """Looks again and again, by the word of one reader after another; never ends by itself."""
        turn = 0
        while True:
            self._is_due.clear()
            turn += 1
            for sees_restricted in (False, True):
                pages = [one for one in self._pages if one.case_id and one.sees_restricted is sees_restricted]
                if pages:
                    await self._try_to_count(pages, pages[turn % len(pages)])
            await asyncio.sleep(_SHORTEST_PAUSE_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await self._is_due.wait()

    async def _try_to_count(self, pages: Sequence[OpenPage], reader: OpenPage) -> None:
        try:
            await self._count(pages, reader)
        except KemError as error:  # perhaps it is this reader who no longer may
            log.debug("cases_not_counted", reason=error.stable_reason)
        except Exception as error:  # whatever it is, open pages wait for the next try
            log.warning("cases_failed", error=type(error).__name__)

    async def _count(self, pages: Sequence[OpenPage], reader: OpenPage) -> None:
        """Of pages that were open before it is asked, so that none hears of what it shows already."""
        user = await self._sessions.user_of(reader.session_token, by_itself=True)
        if user is None:
            return
        people = sorted({page.case_id for page in pages})
        found: dict[str, int] = {}
        for first in range(0, len(people), _MOST_AT_ONCE):
            request = messages.CountCaseChangesRequest(beneficiary_ids=people[first : first + _MOST_AT_ONCE])
            answer = await ask(self._hub.cases.CountCaseChanges, request, user.metadata)
            found |= {one.beneficiary_id: one.changes for one in answer.cases}
        for page in pages:
            page.counted = found.get(page.case_id)
            if page.is_counted_anew:
                page.changed.set()
