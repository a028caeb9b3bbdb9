"""Who is calling, for the servicer method that runs now."""

from contextvars import ContextVar
from typing import Final

from chassis.caller import Caller
from kernel.errors import NotAuthenticated

_caller: Final[ContextVar[Caller | None]] = ContextVar("kem_caller", default=None)


def current_caller() -> Caller:
    """The caller whom the server has verified for this call.

    Raises:
        NotAuthenticated: the method is public and nobody vouched for the caller.
    """
    caller = _caller.get()
    if caller is None:
        raise NotAuthenticated("Sign in first: this call carries no assertion of who is calling.")
    return caller


def set_current_caller(caller: Caller | None) -> None:
    """For the server, and for tests that call a servicer directly."""
    _caller.set(caller)
