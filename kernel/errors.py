"""What can be refused, and why: six kinds, each error with a stable reason that clients may rely on."""

from typing import ClassVar


class KemError(Exception):
    """A refusal that the caller should understand; `reason` never changes once released.

    Args:
        message: what is wrong and what to do, in plain words and without personal data.
        metadata: short machine-readable facts (ids, states, field names), without personal data.
        reason: overrides the class's reason.
    """

    reason: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, *, reason: str | None = None, **metadata: str) -> None:
        super().__init__(message)
        self.message = message
        self.stable_reason = reason or type(self).reason
        self.metadata = metadata
        self.is_on_record = False
        """Set by whoever has put this refusal on record already, knowing more than the door does."""


class Invalid(KemError):
    """The request itself is wrong; the same request can never succeed."""

    reason = "INVALID"


class NotFound(KemError):
    """No such thing, or the caller may not know of it: the two are told apart nowhere."""

    reason = "NOT_FOUND"


class NotPermitted(KemError):
    """The caller is known and may not do this."""

    reason = "NOT_PERMITTED"


class NotAuthenticated(KemError):
    """Nobody vouches for the caller."""

    reason = "NOT_AUTHENTICATED"


class RuleBroken(KemError):
    """A rule of the domain forbids it in the present state."""

    reason = "RULE_BROKEN"


class Conflict(KemError):
    """Somebody was first, or the same id was used for another request."""

    reason = "CONFLICT"


class VersionConflict(Conflict):
    """Somebody has changed it since the caller read it: read it again, then change it."""

    reason = "VERSION_CONFLICT"


class _ForNow(KemError):
    """A refusal that passes: the same call may succeed after `retry_delay_seconds`."""

    def __init__(
        self, message: str, *, retry_delay_seconds: float = 1.0, reason: str | None = None, **metadata: str
    ) -> None:
        super().__init__(message, reason=reason, **metadata)
        self.retry_delay_seconds = retry_delay_seconds


class Exhausted(_ForNow):
    """Too much at once."""

    reason = "OVERLOADED"


class Unavailable(_ForNow):
    """A part that is needed is away; nothing was changed."""

    reason = "UNAVAILABLE"


class NotYetKnown(_ForNow, RuleBroken):
    """A fact that should arrive in a moment has not."""

    reason = "NOT_YET_KNOWN"
