"""A session: that somebody has signed in, until when at most, and how they were known."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from kernel.errors import NotAuthenticated
from kernel.ids import PrincipalId


class SessionEnded(NotAuthenticated):
    """There is no such session, or no longer."""

    reason = "SESSION_ENDED"

    def __init__(self) -> None:
        super().__init__("The session has ended; sign in again.")


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts: unused, and at most."""

    idle: timedelta
    longest: timedelta


@dataclass(slots=True)
class Session:
    """One session; the secret that stands for it is known to its holder alone.

    Args:
        acr: "pwd" or "mfa".
        end_time: at the latest.
    """

    session_id: UUID
    principal_id: PrincipalId
    acr: str
    begun_time: datetime
    used_time: datetime
    end_time: datetime

    @staticmethod
    def begin(
        session_id: UUID, principal_id: PrincipalId, acr: str, now: datetime, limits: SessionLimits
    ) -> "Session":
        """A new one."""
        return Session(session_id, principal_id, acr, now, now, now + limits.longest)

    def check(self, now: datetime, limits: SessionLimits) -> None:
        """Passes while it lasts.

        Raises:
            SessionEnded: it was left unused for too long, or has lasted as long as it may.
        """
        if now >= self.end_time or now - self.used_time >= limits.idle:
            raise SessionEnded

    def use(self, now: datetime, limits: SessionLimits) -> None:
        """Goes on with it. Raises as `check` does."""
        self.check(now, limits)
        self.used_time = now
