"""What each agency is called, for the head of every page: asked for now and then, for all who work."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest
from kernel.errors import KemError
from services.console.adapters.hub import Hub, ask, made_calls

KEPT_SECONDS: Final = 600.0
AGAIN_SECONDS: Final = 30.0
"""After the directory could not be asked: nobody waits for it meanwhile."""
_PATIENCE_SECONDS: Final = 1.0
_PAGE: Final = 200


class AgencyNames:
    """By its id, in Greek and in English. Who the members are is no secret, so the console asks as itself.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, hub: Hub, clock: Callable[[], float] = time.monotonic) -> None:
        self._hub, self._clock = hub, clock
        self._kept: Mapping[str, Mapping[str, str]] = {}
        self._kept_until = self._not_before = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def of(self, agency_id: str) -> Mapping[str, str]:
        """Its names by language; empty where they cannot be read now: a page is there without them."""
        is_known = agency_id in self._kept and self._clock() < self._kept_until
        if not is_known and self._clock() >= self._not_before:
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask())
                self._asking.add_done_callback(self._forget)
            await asyncio.shield(self._asking)
        return self._kept.get(agency_id, {})

    def _forget(self, _: asyncio.Task[None]) -> None:
        self._asking = None

    async def _ask(self) -> None:
        made_calls.set(None)  # no page's: whoever comes next has it without a call
        self._not_before = self._clock() + AGAIN_SECONDS
        found: dict[str, Mapping[str, str]] = {}
        token = ""
        with suppress(KemError):
            while True:
                request = ListAgenciesRequest(page_size=_PAGE, page_token=token)
                method = self._hub.directory.ListAgencies
                page = await ask(method, request, self._hub.as_itself(), timeout=_PATIENCE_SECONDS)
                found |= {one.agency_id: {"el": one.name.el, "en": one.name.en} for one in page.agencies}
                token = page.next_page_token
                if not token:
                    break
            self._kept, self._kept_until = found, self._clock() + KEPT_SECONDS
            self._not_before = 0.0
