"""A push endpoint: where the hub itself brings an inbox's deliveries, how far it is, and when it gives up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.errors import NotFound
from services.notifications.domain.recipient import Recipient

FIRST_BACKOFF: Final = timedelta(seconds=1)
LONGEST_BACKOFF: Final = timedelta(minutes=5)


class PushFailure(StrEnum):
    """Why a partner did not take what it was brought; each is tried again until the hub gives up."""

    NAME_NOT_FOUND = "NAME_NOT_FOUND"
    ADDRESS_NOT_ALLOWED = "ADDRESS_NOT_ALLOWED"
    NOT_REACHED = "NOT_REACHED"
    TLS_FAILED = "TLS_FAILED"
    REDIRECTED = "REDIRECTED"
    TOO_SLOW = "TOO_SLOW"
    REFUSED = "REFUSED"
    NOTHING_TAKEN = "NOTHING_TAKEN"
    ANSWER_NOT_VALID = "ANSWER_NOT_VALID"


class PushFailed(Exception):
    """The partner has not taken it, or nobody knows whether it has.

    Args:
        grpc_code: the status with which the partner refused, where it did. Its words are never kept.
    """

    def __init__(self, failure: PushFailure, grpc_code: str | None = None) -> None:
        super().__init__(failure)
        self.failure = failure
        self.grpc_code = grpc_code


class PushState(StrEnum):
    """How a push endpoint is doing."""

    PUSHING = "PUSHING"
    FAILING = "FAILING"
    GIVEN_UP = "GIVEN_UP"


class PushEndpointNotFound(NotFound):
    """Nothing is pushed for that inbox."""

    reason = "PUSH_ENDPOINT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("Nothing is pushed for that inbox; set an endpoint first.")


@dataclass(frozen=True, slots=True)
class PushEndpointSet:
    """Said by an operator: from now on deliveries are pushed to this address."""

    endpoint: "PushEndpoint"


@dataclass(frozen=True, slots=True)
class PushEndpointRemoved:
    """Said by an operator: nothing is pushed any more."""

    endpoint: "PushEndpoint"


@dataclass(frozen=True, slots=True)
class PushGivenUp:
    """The hub tries no more by itself."""

    endpoint: "PushEndpoint"


@dataclass(frozen=True, slots=True)
class PushResumed:
    """Said by an operator: try again."""

    endpoint: "PushEndpoint"


@dataclass(slots=True)
class PushEndpoint:
    """One inbox's way out.

    Args:
        address: as an operator has set it; checked anew at each connection.
        authorities: certificates (PEM) that vouch for the partner; None for the well-known ones.
        pushed_sequence: everything up to here was pushed and acknowledged.
        version: how many events there have been about it.
        tries: how many have failed since the last success; with the reason and the time of the first of them.
    """

    endpoint_id: UUID
    recipient: Recipient
    address: str
    authorities: str | None
    pushed_sequence: int
    next_try_time: datetime
    version: int = 0
    tries: int = 0
    failure: PushFailure | None = None
    grpc_code: str | None = None
    failing_since_time: datetime | None = None
    given_up_time: datetime | None = None

    @property
    def state(self) -> PushState:
        """What an operator is told first."""
        if self.given_up_time is not None:
            return PushState.GIVEN_UP
        return PushState.FAILING if self.tries else PushState.PUSHING

    def move(self, address: str, authorities: str | None, now: datetime) -> PushEndpointSet:
        """Pushes elsewhere from now on, from where it has come; what failed before is forgotten."""
        self.address, self.authorities = address, authorities
        self._begin_anew(now)
        self.version += 1
        return PushEndpointSet(self)

    def resume(self, now: datetime) -> PushResumed:
        """Tries at once, as if nothing had failed."""
        self._begin_anew(now)
        self.version += 1
        return PushResumed(self)

    def remove(self) -> PushEndpointRemoved:
        """Ends it."""
        self.version += 1
        return PushEndpointRemoved(self)

    def succeed(self, pushed_sequence: int, now: datetime) -> None:
        """The partner has everything up to there."""
        self.pushed_sequence = pushed_sequence
        self._begin_anew(now)

    def fail(
        self, failed: PushFailed, now: datetime, *, patience: timedelta, chance: float
    ) -> PushGivenUp | None:
        """Waits longer after each failure; gives up when every try of `patience` has failed.

        Args:
            chance: 0 to 1 by lot, so that many who failed together do not come back together.
        """
        self.tries += 1
        self.failure, self.grpc_code = failed.failure, failed.grpc_code
        self.failing_since_time = self.failing_since_time or now
        end_time = self.failing_since_time + patience
        if now >= end_time:
            self.given_up_time = now
            self.version += 1
            return PushGivenUp(self)
        self.next_try_time = min(now + backoff(self.tries, chance), end_time)
        return None

    def _begin_anew(self, now: datetime) -> None:
        self.tries, self.failure, self.grpc_code = 0, None, None
        self.failing_since_time = self.given_up_time = None
        self.next_try_time = now


def backoff(tries: int, chance: float) -> timedelta:
    """How long to wait after so many failures in a row: doubled each time, by lot half of it or more."""
    doublings = min(tries - 1, 20)
    return min(FIRST_BACKOFF * (1 << doublings), LONGEST_BACKOFF) * (0.5 + chance / 2)
