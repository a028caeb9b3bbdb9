"""The facts about accounts on the wire: the bytes never change, and every kept shape can be read."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from chassis import topics
from chassis.access_records import AccessRecord, access_event
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.access.v1.access_events_pb2 import AccessEvent
from kernel.ids import AgencyId, PrincipalId
from kernel.vocabulary import Role
from services.access.adapters.event_codec import encode_event
from services.access.domain.account import (
    AccountClosed,
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
from tests.support.golden import fact_in, facts_of, golden_bytes, kept_files

NOW = datetime(2026, 3, 2, 9, 30, 15, 250_000, tzinfo=UTC)
PRINCIPAL = PrincipalId(UUID("00000000-0000-4000-8000-000000000001"))
AGENCY = AgencyId(UUID("00000000-0000-4000-8000-000000000005"))
CALLER = Caller(
    UUID("00000000-0000-4000-8000-000000000004"), AGENCY, frozenset({"agency_admin"}), "", "pwd", "test"
)
EVENT = UUID("00000000-0000-7000-8000-000000000006")
ROLES = frozenset({Role.CASEWORKER, Role.AGENCY_MEMBER})
FACTS = (
    AccountOpened(PRINCIPAL, AGENCY, ROLES, 1),
    RolesChanged(PRINCIPAL, None, ROLES, 2, frozenset({Role.INTERPRETER})),
    *(
        fact(PRINCIPAL, AGENCY, ROLES, 3)
        for fact in (
            AccountLocked,
            AccountUnlocked,
            AccountClosed,
            CredentialsReset,
            PasswordChanged,
            AuthenticatorEnrolled,
            IdentityLinked,
            IdentityUnlinked,
        )
    ),
)


def _encoded(fact: object) -> OutgoingEvent:
    return encode_event(fact, CALLER, NOW, EVENT)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_the_bytes_of_a_fact_never_change(fact: object) -> None:
    assert _encoded(fact).payload == golden_bytes(_encoded(fact))


def test_every_fact_about_accounts_has_kept_bytes_and_every_kept_shape_can_be_read() -> None:
    kept = {fact_in(AccessEvent, file.read_bytes())[0] for file in kept_files(topics.ACCESS)}
    assert kept == facts_of(AccessEvent) - {"AccessRecorded"}


def test_a_fact_goes_with_its_person_and_is_counted_by_the_account() -> None:
    event = _encoded(FACTS[1])
    envelope = AccessEvent.FromString(event.payload)
    assert (event.key, event.aggregate_id, event.aggregate_version) == (PRINCIPAL, PRINCIPAL, 2)
    assert list(envelope.roles_changed.roles) == ["agency_member", "caseworker"]
    assert list(envelope.roles_changed.former_roles) == ["interpreter"]
    assert not envelope.roles_changed.HasField("agency_id")


def test_an_access_and_an_account_are_different_aggregates() -> None:
    record = access_event(AccessRecord("access", "/kem.access.v1.SignInService/SignIn"), CALLER, NOW)
    assert record.aggregate_id != record.key
