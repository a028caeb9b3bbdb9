"""An event's bytes as plain values, as far as they are ids, codes, numbers and times.

Events carry nothing about a person. Whatever else stands where only a code or an id may stand is withheld all
the same: a message that a stranger put into a topic, or one that was set aside, may hold anything.
"""

import re
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.topics import ACCESS, DIRECTORY, DISCLOSURE, INTAKE, NOTIFICATIONS, REFERRAL, SOURCES
from kem.access.v1.access_events_pb2 import AccessEvent
from kem.directory.v1.directory_events_pb2 import DirectoryEvent
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kem.notifications.v1.notifications_events_pb2 import NotificationsEvent
from kem.referral.v1.referral_events_pb2 import ReferralEvent
from kernel.vocabulary import Role

ENVELOPES: Final[dict[str, type[Message]]] = {
    INTAKE: IntakeEvent,
    DISCLOSURE: DisclosureEvent,
    REFERRAL: ReferralEvent,
    DIRECTORY: DirectoryEvent,
    NOTIFICATIONS: NotificationsEvent,
    ACCESS: AccessEvent,
}
"""The message that each topic carries."""

WITHHELD: Final = "(withheld)"

_MOST_SHOWN: Final = 3

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_VERSION: Final = re.compile(r"([a-z]{1,20}/)?[0-9][0-9a-z.-]{0,19}")
_METHOD: Final = re.compile(r"/kem\.[a-z]+\.v[0-9]+\.[A-Za-z]+/[A-Za-z]+|kem [a-z]+(-[a-z]+)*( [a-z]+)?")
_PATTERNS: Final = {
    "policy_version": _VERSION,
    "notice_version": _VERSION,
    "method": _METHOD,
    "language": re.compile(r"[a-z]{2,3}(-[A-Za-z]{1,8})?"),
    "sha256": re.compile(r"[0-9a-f]{64}"),
}
_SERVICES: Final = frozenset(source for sources in SOURCES.values() for source in sources)
_ROLES: Final = frozenset(map(str, Role))
_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,59}")


def decode(topic: str, payload: bytes) -> dict[str, Any] | None:
    """The envelope by field name, the fact under its own; None where the bytes are not one of ours.

    A fact that this version does not know is left out, as are fields that it does not know.
    """
    envelope = ENVELOPES.get(topic)
    if envelope is None:
        return None
    try:
        values = _values(envelope.FromString(payload))
        UUID(values["event_id"])
    except (DecodeError, KeyError, ValueError, OverflowError):
        return None
    return values


def fact_of(topic: str, envelope: dict[str, Any] | None) -> tuple[str, dict[str, Any]] | None:
    """The fact's name (`ReferralOffered`) and fields; None where this version knows none in there."""
    if envelope is None:
        return None
    for field in ENVELOPES[topic].DESCRIPTOR.oneofs_by_name["fact"].fields:
        if field.name in envelope and field.message_type is not None:
            return field.message_type.name, envelope[field.name]
    return None


def plain_name(text: str) -> str:
    """A fact's name as a header tells it, unless it is none."""
    return text if _NAME.fullmatch(text) else WITHHELD


def plain_source(text: str) -> str:
    """The service that a header names, unless there is none of that name."""
    return text if text in _SERVICES or not text else WITHHELD


def plain_id(key: bytes) -> str:
    """A message's key where it is an id, as ours are."""
    try:
        return str(UUID(key.decode("ascii")))
    except ValueError:
        return WITHHELD


def in_one_line(fields: dict[str, Any]) -> str:
    """Values for a reader in a hurry: `offer 1f0e7a20 · urgency URGENT`; ids are cut to eight characters."""
    return " · ".join(f"{_label(name)} {_short(value)}" for name, value in fields.items())


def _values(message: Message) -> dict[str, Any]:
    return {
        field.name: [_value(field, one) for one in value] if field.is_repeated else _value(field, value)
        for field, value in message.ListFields()
    }


def _value(field: FieldDescriptor, value: Any) -> Any:
    if isinstance(value, Timestamp):
        return value.ToDatetime(tzinfo=UTC)
    if isinstance(value, Message):
        return _values(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        prefix = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field.enum_type.name).upper() + "_"
        return known.name.removeprefix(prefix) if known else value
    if isinstance(value, str):
        return value if _is_plain(field.name, value) else WITHHELD
    return len(value) if isinstance(value, bytes) else value


def _is_plain(name: str, text: str) -> bool:
    if name == "service":
        return text in _SERVICES
    if name in ("roles", "former_roles"):
        return text in _ROLES
    pattern = _PATTERNS.get(name, _CODE)
    return pattern.fullmatch(text) is not None or _is_id(text)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _label(name: str) -> str:
    return name.removesuffix("_id").removesuffix("_ids").replace("_", " ")


def _short(value: Any) -> str:
    if isinstance(value, str):
        return value[:8] if _is_id(value) else value
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, dict):
        return f"({in_one_line(value)})"
    if isinstance(value, list):
        more = f" and {len(value) - _MOST_SHOWN} more" if len(value) > _MOST_SHOWN else ""
        return ", ".join(_short(one) for one in value[:_MOST_SHOWN]) + more
    return str(value)
