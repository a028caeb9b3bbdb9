"""The glossary is the authority on names, so every name that is stored, sent or asked for stands in it."""

import re
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FileDescriptor, ServiceDescriptor

from kem.access.v1 import access_events_pb2, access_service_pb2
from kem.directory.v1 import directory_events_pb2, directory_service_pb2
from kem.disclosure.v1 import (
    authority_service_pb2,
    complaint_service_pb2,
    disclosure_events_pb2,
    disclosure_service_pb2,
    emergency_access_service_pb2,
    emergency_service_pb2,
    erasure_service_pb2,
    recall_service_pb2,
    rights_service_pb2,
)
from kem.intake.v1 import (
    consent_policy_service_pb2,
    eligibility_service_pb2,
    intake_events_pb2,
    intake_service_pb2,
    text_service_pb2,
)
from kem.notifications.v1 import inbox_service_pb2, notifications_events_pb2, push_service_pb2
from kem.partner.v1 import partner_inbox_service_pb2
from kem.referral.v1 import referral_events_pb2, referral_pb2, referral_service_pb2
from kernel import codes, vocabulary
from services.access.domain.account import AccountState
from services.intake.domain.agreement import LegalRegime
from services.notifications.domain.push_endpoint import PushFailure, PushState
from services.referral.domain.conditions import Exclusion, MatchWarning

GLOSSARY = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"[A-Za-z0-9_+-]+", GLOSSARY))

TABLES = [
    codes.SERVICE_TYPES,
    codes.SECTORS,
    codes.COMMITTEES,
    codes.CATEGORIES,
    codes.PURPOSES,
    codes.LEGAL_STATUSES,
    codes.STATUS_FAMILIES,
    codes.LANGUAGES,
    codes.DISTRICTS,
    *codes.LISTS.values(),
    *codes.REASONS.values(),
]
LISTS = [
    vocabulary.Role,
    vocabulary.Urgency,
    vocabulary.Routing,
    vocabulary.Origin,
    vocabulary.LegalBasis,
    LegalRegime,
    vocabulary.Sex,
    vocabulary.AgeBand,
    vocabulary.HouseholdBand,
    vocabulary.Channel,
    vocabulary.Listing,
    vocabulary.LocationVisibility,
    vocabulary.CapacityKind,
    vocabulary.StatusAnswer,
    Exclusion,
    MatchWarning,
    PushFailure,
    PushState,
    AccountState,
]
DOORS: list[FileDescriptor] = [
    module.DESCRIPTOR
    for module in (
        intake_service_pb2,
        consent_policy_service_pb2,
        eligibility_service_pb2,
        text_service_pb2,
        disclosure_service_pb2,
        emergency_service_pb2,
        emergency_access_service_pb2,
        authority_service_pb2,
        rights_service_pb2,
        complaint_service_pb2,
        erasure_service_pb2,
        recall_service_pb2,
        directory_service_pb2,
        referral_service_pb2,
        inbox_service_pb2,
        push_service_pb2,
        partner_inbox_service_pb2,
        access_service_pb2,
    )
]
ENVELOPES: list[Descriptor] = [
    intake_events_pb2.IntakeEvent.DESCRIPTOR,
    disclosure_events_pb2.DisclosureEvent.DESCRIPTOR,
    directory_events_pb2.DirectoryEvent.DESCRIPTOR,
    referral_events_pb2.ReferralEvent.DESCRIPTOR,
    notifications_events_pb2.NotificationsEvent.DESCRIPTOR,
    access_events_pb2.AccessEvent.DESCRIPTOR,
]


def test_every_code_of_every_list_is_explained() -> None:
    assert {code for table in TABLES for code in table} - WORDS == set()


def test_every_word_of_the_vocabulary_is_explained() -> None:
    assert {str(word) for words in LISTS for word in words} - WORDS == set()


def test_every_code_has_the_same_names_as_in_its_list() -> None:
    for entry in (entry for table in TABLES for entry in table.values()):
        assert entry.en in GLOSSARY, entry.code
        assert entry.el in GLOSSARY, entry.code


def test_priority_groups_are_published_with_every_cause() -> None:
    for group in codes.PRIORITY_GROUPS.values():
        row = f"| {group.code} | {group.en} | {group.el} | {', '.join(group.causes)} |"
        assert row in GLOSSARY


def test_every_verb_is_explained() -> None:
    services: list[ServiceDescriptor] = [one for door in DOORS for one in door.services_by_name.values()]
    assert {method.name for service in services for method in service.methods} - WORDS == set()


def test_every_fact_is_named() -> None:
    kinds = [field.message_type for one in ENVELOPES for field in one.oneofs_by_name["fact"].fields]
    assert {kind.name for kind in kinds if kind is not None} - WORDS == set()


@pytest.mark.parametrize("states", [referral_pb2.ReferralState, referral_pb2.OfferState])
def test_every_state_is_explained_in_a_row_of_its_own(states) -> None:  # type: ignore[no-untyped-def]  # any StrEnum
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", states.DESCRIPTOR.name).upper() + "_"
    names = {name.removeprefix(prefix) for name in states.keys()} - {"UNSPECIFIED"}  # noqa: SIM118  an enum type
    assert {name for name in names if f"| {name} | " not in GLOSSARY} == set()
