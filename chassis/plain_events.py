"""An event's bytes as plain values, as far as they are ids, codes, numbers and times.

Events carry nothing about a person. Whatever else stands where only a code or an id may stand is withheld all
the same: a message that a stranger put into a topic, or one that was set aside, may hold anything.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.topics import ACCESS, AUDIT, DIRECTORY, DISCLOSURE, INTAKE, NOTIFICATIONS, REFERRAL, SOURCES
from kem.access.v1.access_events_pb2 import AccessEvent
from kem.audit.v1.audit_events_pb2 import AuditEvent
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
    AUDIT: AuditEvent,
}
"""The message that each topic carries."""

_FACTS: Final = {
    topic: {
        field.name: field.message_type.name
        for field in envelope.DESCRIPTOR.oneofs_by_name["fact"].fields
        if field.message_type is not None
    }
    for topic, envelope in ENVELOPES.items()
}
"""By topic: what a fact is called that stands under this name in the envelope."""

WITHHELD: Final = "(withheld)"

_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,59}")
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_VERSION: Final = re.compile(r"([a-z]{1,20}/)?[0-9][0-9a-z.-]{0,19}")
_METHOD: Final = re.compile(r"/kem\.[a-z]+\.v[0-9]+\.[A-Za-z]+/[A-Za-z]+|kem [a-z]+(-[a-z]+)*( [a-z]+)?")
_LEDGER: Final = r"[a-z0-9./-]{3,100}"
_BASE64: Final = r"[A-Za-z0-9+/]{40,100}=*"
_PATTERNS: Final = {
    "policy_version": _VERSION,
    "notice_version": _VERSION,
    "method": _METHOD,
    "language": re.compile(r"[a-z]{2,3}(-[A-Za-z]{1,8})?"),
    "sha256": re.compile(r"[0-9a-f]{64}"),
    "service": re.compile("|".join(sorted({source for sources in SOURCES.values() for source in sources}))),
    **dict.fromkeys(("roles", "former_roles"), re.compile("|".join(map(str, Role)))),
    "release_version": _VERSION,
    "revision": re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}"),
    "setting_names": re.compile(r"[a-z][a-z0-9_]{0,59}"),
    "file_name": re.compile(r"[a-z0-9_]{1,80}(\.(sql|toml|yml))?"),
    "serial": re.compile(r"[0-9a-f]{1,40}"),
    "holder_service": re.compile(r"[a-z0-9-]{1,64}"),
    "verifier_key": re.compile(rf"{_LEDGER}\+[0-9a-f]{{8}}\+[A-Za-z0-9+/]{{44}}"),
    "note": re.compile(rf"{_LEDGER}\n[0-9]+\n{_BASE64}\n\n(— {_LEDGER} {_BASE64}\n)+"),
}
"""What a text of that name looks like, where it is no code."""
_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,59}")
_HASH_BYTES: Final = 32
_EXACT: Final = 2**53
"""From here on not every reader of JSON holds a number exactly."""

_KEPT_READ: Final = 4096

_Write = Callable[[Any], Any]


def _aware_of_utc(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)


class PlainReader:
    """Reads events.

    Args:
        also: what else may stand in texts of a name.
        instant: what becomes of a `Timestamp`: a time that is aware of UTC, unless another form is given. It
            raises ValueError or OverflowError where it is none.
        is_subject: whether the ids of a field are among those of whom and what an event concerns.
        recurring: messages within events that come again and again, as who acted: each is read once. Their
            ids are those of nobody and nothing that an event concerns.
    """

    def __init__(
        self,
        also: Mapping[str, re.Pattern[str]] | None = None,
        instant: _Write = _aware_of_utc,
        is_subject: Callable[[FieldDescriptor], bool] = lambda _: False,
        recurring: Iterable[type[Message]] = (),
    ) -> None:
        self._patterns = {**_PATTERNS, **(also or {})}
        self._instant = instant
        self._is_subject = is_subject
        self._recurring = {kind.DESCRIPTOR: kind for kind in recurring}
        self._writers: dict[Any, dict[int, tuple[str, _Write]]] = {}
        self._subjects: set[str] = set()

    def read(self, topic: str, payload: bytes, subjects: set[str] | None = None) -> dict[str, Any] | None:
        """The envelope by field name, the fact under its own; None where the bytes are not one of ours.

        A fact that this version does not know is left out, as are fields that it does not know. Of bytes only
        a hash is shown, in hexadecimal digits; a number that not every reader of JSON holds exactly is text.

        Args:
            subjects: gets the ids of whom and what it concerns.
        """
        envelope = ENVELOPES.get(topic)
        if envelope is None:
            return None
        self._subjects = set() if subjects is None else subjects
        try:
            values = self._values(envelope.FromString(payload))
        except (DecodeError, ValueError, OverflowError):
            return None
        return values if _ID.fullmatch(values.get("event_id", "")) else None

    def _values(self, message: Message) -> dict[str, Any]:
        writers = self._writers.get(message.DESCRIPTOR) or self._learn(message.DESCRIPTOR)
        values = {}
        for field, value in message.ListFields():
            name, write = writers[field.number]
            values[name] = write(value)
        return values

    def _learn(self, descriptor: Any) -> dict[int, tuple[str, _Write]]:
        self._writers[descriptor] = {
            field.number: (field.name, self._writer(field)) for field in descriptor.fields
        }
        return self._writers[descriptor]

    def _writer(self, field: FieldDescriptor) -> _Write:
        one = self._writer_of_one(field)
        return (lambda values: [one(value) for value in values]) if field.is_repeated else one

    def _writer_of_one(self, field: FieldDescriptor) -> _Write:
        if field.message_type is not None:
            if field.message_type.full_name == "google.protobuf.Timestamp":
                return self._instant
            recurring = self._recurring.get(field.message_type)
            return self._writer_of_recurring(recurring) if recurring else self._values
        if field.enum_type is not None:
            prefix = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", field.enum_type.name).upper() + "_"
            names = {value.number: value.name.removeprefix(prefix) for value in field.enum_type.values}
            return lambda number: names.get(number, number)
        if field.type == FieldDescriptor.TYPE_STRING:
            return self._writer_of_text(self._patterns.get(field.name, _CODE), self._is_subject(field))
        if field.type == FieldDescriptor.TYPE_BYTES:
            return lambda value: value.hex() if len(value) == _HASH_BYTES else WITHHELD
        return lambda value: value if abs(value) < _EXACT else str(value)

    def _writer_of_recurring(self, kind: type[Message]) -> _Write:
        @lru_cache(maxsize=_KEPT_READ)
        def read(data: bytes) -> dict[str, Any]:
            return self._values(kind.FromString(data))

        return lambda message: read(message.SerializeToString())

    def _writer_of_text(self, own: re.Pattern[str], is_subject: bool) -> _Write:
        is_id, fits = _ID.fullmatch, own.fullmatch

        def write(text: str) -> str:
            if is_id(text):
                if is_subject:
                    self._subjects.add(text)
                return text
            return text if fits(text) else WITHHELD

        return write


def fact_of(topic: str, envelope: dict[str, Any] | None) -> tuple[str, dict[str, Any]] | None:
    """The fact's name (`ReferralOffered`) and fields; None where this version knows none in there."""
    if envelope is None:
        return None
    facts = _FACTS[topic]
    return next(((facts[name], value) for name, value in envelope.items() if name in facts), None)


def plain_name(text: str) -> str:
    """A fact's name as a header tells it, unless it is none."""
    return text if _NAME.fullmatch(text) else WITHHELD
