"""Bytes of this service's facts: the envelopes of kem.referral.v1 and kem.directory.v1."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from chassis import topics
from chassis.actor import actor_of
from chassis.caller import Caller
from chassis.events import OutgoingEvent
from kem.common.v1.common_pb2 import Urgency as UrgencyMessage
from kem.directory.v1 import directory_events_pb2 as directory
from kem.referral.v1 import referral_events_pb2 as referral
from kernel import codes
from kernel.codes import Urgency
from kernel.ids import derived_id, ordered_id, random_id
from services.referral.domain import directory_events as entered
from services.referral.domain import referral_events as told
from services.referral.domain.considered import Considered
from services.referral.domain.referral_events import ReferralEvent

DIRECTORY_POLICY_VERSION: Final = "1"

REASON_FIELDS: Final[Mapping[type, tuple[str, str]]] = MappingProxyType(
    {
        told.ReferralAwaitingPerson: ("cause", "UNMATCHED"),
        told.ReferralUnmatched: ("reason", "UNMATCHED"),
        told.ReferralOffered: ("override_reason", "OVERRIDE"),
        told.ReferralReturned: ("reason", "RETURN"),
        told.ReferralNotCompleted: ("reason", "NOT_COMPLETED"),
        told.ReferralCancelled: ("reason", "CANCEL"),
        told.OfferDeclined: ("reason", "DECLINE"),
        told.OfferRevoked: ("cause", "OFFER_ENDED"),
    }
)
"""Per fact the field with a reason, and the list that says whether it may travel; else it is WITHHELD."""

OWN_STEPS: Final = frozenset(
    {"ASK_FIRST", "HOLD", "LIST_ENDED", "WAIT_OFFERED", "PERSON_CLOCK_ENDED", "TAKEN_BY_PHONE"}
)
"""Causes of ReferralAwaitingPerson that say where the referral stands and nothing about the person."""

NAMING_FIELDS: Final = frozenset({"service_id", "activity_id", "unit_id", "service_type"})
"""What would name a restricted service of the directory."""

_URGENCIES: Final = {urgency: UrgencyMessage.Value(f"URGENCY_{urgency}") for urgency in Urgency}


class _Place(NamedTuple):
    """The aggregate that an event of the directory is counted by."""

    aggregate_id: UUID
    version: int


def encode(event: object, caller: Caller, now: datetime, event_id: UUID | None = None) -> OutgoingEvent:
    """The fact as an outgoing event; the same arguments give the same bytes.

    Only where a fact of the directory is about a restricted service, its aggregate is a fresh random id.

    Raises:
        TypeError: not a fact of this service.
    """
    if isinstance(event, ReferralEvent):
        return _referral(event, caller, now, event_id or ordered_id())
    if isinstance(event, entered.DirectoryFact):
        return _directory(event, caller, now, event_id or ordered_id())
    raise TypeError(f"{type(event).__name__} is not a fact of referral")


def _referral(event: ReferralEvent, caller: Caller, now: datetime, event_id: UUID) -> OutgoingEvent:
    envelope = referral.ReferralEvent(
        event_id=str(event_id),
        aggregate_id=str(event.aggregate_id),
        aggregate_version=event.aggregate_version,
        causation_id=str(event.causation_id) if event.causation_id else None,
        actor=actor_of(caller),
        policy_version=event.policy_version,
        referral_id=str(event.referral_id),
        sender_agency_id=str(event.sender_agency_id),
    )
    _fill(envelope, event.fact, hidden=frozenset())
    place = _Place(event.aggregate_id, event.aggregate_version)
    return _outgoing(envelope, event.fact, topics.REFERRAL, event.referral_id, place, now, event_id)


def _directory(fact: entered.DirectoryFact, caller: Caller, now: datetime, event_id: UUID) -> OutgoingEvent:
    is_hidden = _is_about_restricted_service(fact)
    place = _Place(random_id(), 1) if is_hidden else _place_of(fact)
    envelope = directory.DirectoryEvent(
        event_id=str(event_id),
        aggregate_id=str(place.aggregate_id),
        aggregate_version=place.version,
        actor=actor_of(caller),
        policy_version=DIRECTORY_POLICY_VERSION,
    )
    _fill(envelope, fact, hidden=NAMING_FIELDS if is_hidden else frozenset())
    return _outgoing(envelope, fact, topics.DIRECTORY, fact.agency_id, place, now, event_id)


def _is_about_restricted_service(fact: entered.DirectoryFact) -> bool:
    """What a type needs is said of an entry of the public code list, and of no service."""
    if isinstance(fact, entered.AgencySaved | entered.NeededCategoriesSet):
        return False
    return codes.service_type(fact.service_type).restricted


def _place_of(fact: entered.DirectoryFact) -> _Place:
    match fact:
        case entered.AgencySaved():
            return _Place(fact.agency_id, fact.version)
        case entered.ActivitySaved():
            return _Place(fact.activity_id, fact.version)
        case entered.CapacityDeclared() | entered.CapacityQuestioned():
            # a service without activities is its own unit, and what is told of its places is counted apart
            return _Place(derived_id("capacity", str(fact.unit_id)), fact.version)
        case entered.NeededCategoriesSet():
            return _Place(derived_id("needed categories", fact.service_type), fact.version)
        case _:
            return _Place(fact.service_id, fact.version)


def _outgoing(
    envelope: Any, fact: object, topic: str, key: UUID, place: _Place, now: datetime, event_id: UUID
) -> OutgoingEvent:
    envelope.event_time.FromDatetime(now)
    return OutgoingEvent(
        event_id=event_id,
        topic=topic,
        key=key,
        aggregate_id=place.aggregate_id,
        aggregate_version=place.version,
        type=type(fact).__name__,
        event_time=now,
        payload=envelope.SerializeToString(deterministic=True),
    )


def _fill(envelope: Any, fact: object, *, hidden: frozenset[str]) -> None:
    """Sets the fact in the envelope: fields have the same names on both sides, None is left out."""
    kind = type(fact)
    message = getattr(envelope, _FIELD_OF[kind])
    message.SetInParent()
    reason_field, reasons = REASON_FIELDS.get(kind, ("", ""))
    for name in _NAMES_OF[kind]:
        value = getattr(fact, name)
        if value is None or name in hidden:
            continue
        if name == reason_field and value and value not in OWN_STEPS:
            value = codes.travelling(reasons, value)
        if isinstance(value, datetime):
            getattr(message, name).FromDatetime(value)
        elif isinstance(value, UUID):
            setattr(message, name, str(value))
        elif isinstance(value, Urgency):
            setattr(message, name, _URGENCIES[value])
        elif isinstance(value, Considered):
            _fill_considered(getattr(message, name), value)
        else:
            setattr(message, name, value)


def _fill_considered(message: referral.Considered, one: Considered) -> None:
    message.match_number = one.match_number
    for proposed in one.proposed:
        message.proposed.add(
            service_id=str(proposed.service_id),
            agency_id=str(proposed.agency_id),
            service_version=proposed.service_version,
            score_thousandths=proposed.score_thousandths,
        )
    for reason, services in one.left_out.items():
        message.left_out.add(reason=reason, services=services)


def _fields_by_fact() -> dict[type, tuple[str, tuple[str, ...]]]:
    """Each fact's field in its envelope, and what of the fact its message has room for, found by name."""
    found: dict[type, tuple[str, tuple[str, ...]]] = {}
    for envelope, module in ((referral.ReferralEvent, told), (directory.DirectoryEvent, entered)):
        for field in envelope.DESCRIPTOR.oneofs_by_name["fact"].fields:
            message: Any = field.message_type
            fact = getattr(module, message.name)
            names = tuple(one.name for one in fields(fact) if one.name in message.fields_by_name)
            found[fact] = (field.name, names)
    return found


_FOUND: Final = _fields_by_fact()
_FIELD_OF: Final = {fact: field for fact, (field, _) in _FOUND.items()}
_NAMES_OF: Final = {fact: names for fact, (_, names) in _FOUND.items()}
