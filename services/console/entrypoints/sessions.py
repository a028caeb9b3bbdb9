"""Who looks at a page: the session of the browser's cookie, and the hub's word for it.

The cookie holds the session's secret, as access gave it; the console keeps nothing that would outlive it.
An assertion is asked for again before it ends, which tells access that the session is used.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Final

from kem.access.v1.access_service_pb2 import IssueAssertionRequest, SignOutRequest
from kernel.errors import NotAuthenticated
from kernel.vocabulary import Role
from services.console.adapters.agency_names import AgencyNames
from services.console.adapters.hub import Hub, Metadata, ask, bearer

_MOST_KEPT: Final = 10_000
_RENEW_BEFORE_SECONDS: Final = 120.0
"""The session's idle time at access counts from the last assertion: one in so long is asked for anew."""


@dataclass(frozen=True, slots=True)
class User:
    """A member of staff who has signed in, with the roles that count in this session."""

    principal_id: str
    agency_id: str | None
    display_name: str
    roles: frozenset[Role]
    acr: str
    metadata: Metadata
    """For calls on their behalf."""
    agency_name: Mapping[str, str]
    """Of whom they are staff, by language; empty for the hub's own, and where it cannot be read."""
    end_time: float
    """Until when the assertion is good, seconds of the epoch."""

    def has(self, *roles: Role) -> bool:
        """Whether they have one of the roles."""
        return not self.roles.isdisjoint(roles)


class Sessions:
    """Finds users by their sessions' secrets; keeps their assertions in memory, as long as these are good."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._agency_names = AgencyNames(hub)
        self._kept: OrderedDict[bytes, User] = OrderedDict()
        self._used: dict[bytes, float] = {}
        """Until when access need not hear again that a session is used, by the keys of those kept."""
        self._asking: dict[tuple[bytes, bool], asyncio.Task[User | None]] = {}

    async def user_of(self, token: str, *, by_itself: bool = False) -> User | None:
        """Whose session it is; None where it has ended or never was.

        Args:
            by_itself: a page that stands open asks, not its reader: the session is not used by that.

        Raises:
            KemError: access cannot be asked now, or says that none of the roles counts.
        """
        key, now = _key(token), time.time()
        user = self._kept.get(key)
        is_good = user is not None and user.end_time - _RENEW_BEFORE_SECONDS > now
        if is_good and (by_itself or self._used.get(key, 0.0) > now):
            self._kept.move_to_end(key)
            return user
        asked = (key, by_itself)
        if asked not in self._asking:  # many pages at once ask once
            task = asyncio.create_task(self._ask(key, token, by_itself=by_itself))
            self._asking[asked] = task
            task.add_done_callback(lambda _: self._asking.pop(asked, None))
        return await asyncio.shield(self._asking[asked])

    async def end(self, token: str, *, everywhere: bool = False) -> None:
        """Signs out; everywhere: in every browser of the person."""
        user = self._kept.pop(_key(token), None)
        if everywhere and user is not None:
            own = [key for key, one in self._kept.items() if one.principal_id == user.principal_id]
            for key in own:
                del self._kept[key]
        request = SignOutRequest(session_token=token, everywhere=everywhere)
        await ask(self._hub.sign_in.SignOut, request)

    async def _ask(self, key: bytes, token: str, *, by_itself: bool) -> User | None:
        request = IssueAssertionRequest(session_token=token, by_itself=by_itself)
        try:
            issued = await ask(self._hub.sign_in.IssueAssertion, request)
        except NotAuthenticated:
            self._forget(key)
            return None
        user = User(
            principal_id=issued.principal_id,
            agency_id=issued.agency_id or None,
            display_name=issued.display_name,
            roles=frozenset(Role(role) for role in issued.roles),
            acr=issued.acr,
            metadata=bearer(issued.assertion),
            agency_name=await self._agency_names.of(issued.agency_id) if issued.agency_id else {},
            end_time=issued.expire_time.ToDatetime(tzinfo=UTC).timestamp(),
        )
        self._kept[key] = user
        if not by_itself:
            self._used[key] = user.end_time - _RENEW_BEFORE_SECONDS
        while len(self._kept) > _MOST_KEPT:
            self._forget(next(iter(self._kept)))
        return user

    def _forget(self, key: bytes) -> None:
        self._kept.pop(key, None)
        self._used.pop(key, None)


def _key(token: str) -> bytes:
    return sha256(token.encode()).digest()
