"""Domain events as bytes of topic kem.access.v1."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis import topics
from chassis.access_records import POLICY_VERSION
from chassis.actor import actor_of
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.access.v1.access_events_pb2 import AccessEvent
from kernel.ids import ordered_id
from services.access.domain.account import (
    AccountClosed,
    AccountEvent,
    AccountLocked,
    AccountOpened,
    AccountUnlocked,
    AuthenticatorEnrolled,
    CredentialsReset,
    IdentityLinked,
    IdentityUnlinked,
    PasswordChanged,
    RolesChanged,
)

_FIELDS: Final[dict[type[AccountEvent], str]] = {
    AccountOpened: "account_opened",
    RolesChanged: "roles_changed",
    AccountLocked: "account_locked",
    AccountUnlocked: "account_unlocked",
    AccountClosed: "account_closed",
    CredentialsReset: "credentials_reset",
    PasswordChanged: "password_changed",
    AuthenticatorEnrolled: "authenticator_enrolled",
    IdentityLinked: "identity_linked",
    IdentityUnlinked: "identity_unlinked",
}


def encode_event(event: object, caller: Caller, now: datetime, event_id: UUID | None = None) -> OutgoingEvent:
    """A domain event as an outgoing one; the same arguments give the same bytes.

    Raises:
        TypeError: not an event of this service.
    """
    if not isinstance(event, AccountEvent) or type(event) not in _FIELDS:
        raise TypeError(f"access has no event for a {type(event).__name__}")
    event_id = event_id or ordered_id()
    envelope = AccessEvent(
        event_id=str(event_id),
        aggregate_id=str(event.principal_id),
        aggregate_version=event.version,
        actor=actor_of(caller),
        policy_version=POLICY_VERSION,
    )
    envelope.event_time.FromDatetime(now)
    fact: Any = getattr(envelope, _FIELDS[type(event)])
    fact.principal_id = str(event.principal_id)
    if event.agency_id is not None:
        fact.agency_id = str(event.agency_id)
    if isinstance(event, AccountOpened | RolesChanged):
        fact.roles.extend(sorted(event.roles))
    if isinstance(event, RolesChanged):
        fact.former_roles.extend(sorted(event.former_roles))
    return OutgoingEvent(
        event_id=event_id,
        topic=topics.ACCESS,
        key=event.principal_id,
        aggregate_id=event.principal_id,
        aggregate_version=event.version,
        type=type(event).__name__,
        event_time=now,
        payload=envelope.SerializeToString(deterministic=True),
    )
