"""The one place that decides who may call what."""

from collections.abc import Mapping
from dataclasses import dataclass

from chassis.caller import SECOND_FACTOR, Caller
from kernel.errors import NotAuthenticated, NotPermitted


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a method: any of these roles, services of this system, or everybody.

    What a permitted caller sees of it (their own agency's rows) is the business of the use case and of the
    database.
    """

    roles: frozenset[str] = frozenset()
    internal: bool = False
    public: bool = False
    second_factor: bool = False
    """Whether the caller must be known by more than a password (`acr`), whatever their role."""


def decide(method: str, caller: Caller | None, table: Mapping[str, Access]) -> None:
    """Lets the call pass or raises. A method that the table does not name is closed to everybody.

    Args:
        method: the full name, such as `/kem.intake.v1.IntakeService/RecordNeed`.

    Raises:
        NotAuthenticated: nobody vouches for the caller and the method is not public.
        NotPermitted: the caller has none of the roles that the method asks for, or SECOND_FACTOR_NEEDED.
    """
    access = table.get(method)
    if access is not None and access.public:
        return
    if caller is None:
        raise NotAuthenticated("Sign in first: this call carries no assertion of who is calling.")
    if access is not None and access.internal and caller.is_internal:
        return
    if access is None or not (access.roles & caller.roles):
        raise NotPermitted("Your role does not allow this.", method=method)
    if access.second_factor and caller.acr != SECOND_FACTOR:
        raise NotPermitted(
            "This asks for a sign-in with a second factor; please sign in again with one.",
            reason="SECOND_FACTOR_NEEDED",
            method=method,
        )
