"""Names of agencies, services and colleagues, kept for seconds: a page with many costs no call for each."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Generic, TypeVar

from kem.access.v1.access_service_pb2 import ListColleaguesRequest, NamedStaff
from kem.directory.v1.directory_pb2 import Agency, ListedService
from kem.directory.v1.directory_service_pb2 import ListAgenciesRequest, ListServicesRequest
from services.console.adapters.hub import Hub, Metadata, ask

KEPT_SECONDS: Final = 30.0
_PAGE: Final = 200
_MOST_SIGHTS: Final = 500
_PATIENCE_SECONDS: Final = 2.0
"""With access, for names that a page can do without."""

_K = TypeVar("_K")
_V = TypeVar("_V")


class Names:
    """Asks referral for the directory as whoever looks sees it.

    What one sees hangs on their agency and roles alone, so people who share both share what was asked.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._agencies: _Kept[str, Mapping[str, Agency]] = _Kept()
        self._services: _Kept[object, Mapping[str, ListedService]] = _Kept()
        self._colleagues: _Kept[str, Mapping[str, NamedStaff]] = _Kept()

    async def agencies(self, metadata: Metadata, *, anew: bool = False) -> Mapping[str, Agency]:
        """Every agency by its id: who the members are is no secret from anybody who signs in.

        Args:
            anew: as they stand now, also those that were saved elsewhere within the last seconds.
        """
        if anew:
            self.forget_agencies()
        return await self._agencies.get("", lambda: self._ask_agencies(metadata))

    def forget_agencies(self) -> None:
        """Asks again the next time: one of them was changed."""
        self._agencies.forget("")

    async def services(self, sight: object, metadata: Metadata) -> Mapping[str, ListedService]:
        """The services that somebody may know of, by id.

        Args:
            sight: the same for those who see the same.
        """
        return await self._services.get(sight, lambda: self._ask_services(metadata))

    async def colleagues(
        self, agency_id: str, metadata: Metadata, *, anew: bool = False
    ) -> Mapping[str, NamedStaff]:
        """Those who work for the caller's agency and may use their accounts, by id.

        Args:
            agency_id: the caller's.
            anew: also those who came, or went, within the last seconds.
        """
        if anew:
            self._colleagues.forget(agency_id)
        return await self._colleagues.get(agency_id, lambda: self._ask_colleagues(metadata))

    async def _ask_colleagues(self, metadata: Metadata) -> Mapping[str, NamedStaff]:
        listed = self._pages(
            self._hub.staff.ListColleagues, ListColleaguesRequest, metadata, timeout=_PATIENCE_SECONDS
        )
        return {one.principal_id: one async for page in listed for one in page.colleagues}

    async def _ask_agencies(self, metadata: Metadata) -> Mapping[str, Agency]:
        listed = self._pages(self._hub.directory.ListAgencies, ListAgenciesRequest, metadata)
        return {one.agency_id: one async for page in listed for one in page.agencies}

    async def _ask_services(self, metadata: Metadata) -> Mapping[str, ListedService]:
        listed = self._pages(self._hub.directory.ListServices, ListServicesRequest, metadata)
        return {one.service.service_id: one async for page in listed for one in page.services}

    async def _pages(
        self,
        method: Callable[..., Any],
        request: type[Any],
        metadata: Metadata,
        *,
        timeout: float | None = None,
    ) -> Any:
        token = ""
        while True:
            page = await ask(method, request(page_size=_PAGE, page_token=token), metadata, timeout=timeout)
            yield page
            token = page.next_page_token
            if not token:
                return


class _Kept(Generic[_K, _V]):
    """Answers that are asked for once at a time, and again when they are old."""

    def __init__(self) -> None:
        self._kept: dict[_K, tuple[float, _V]] = {}
        self._asking: dict[_K, asyncio.Task[_V]] = {}

    async def get(self, key: _K, ask_for: Callable[[], Awaitable[_V]]) -> _V:
        """The answer, at most half a minute old."""
        found = self._kept.get(key)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        if key not in self._asking:
            task = asyncio.create_task(self._ask(key, ask_for))
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        return await asyncio.shield(self._asking[key])

    def forget(self, key: _K) -> None:
        """Asks again the next time."""
        self._kept.pop(key, None)

    async def _ask(self, key: _K, ask_for: Callable[[], Awaitable[_V]]) -> _V:
        answer = await ask_for()
        if len(self._kept) >= _MOST_SIGHTS:
            self._kept.clear()
        self._kept[key] = (time.monotonic() + KEPT_SECONDS, answer)
        return answer
