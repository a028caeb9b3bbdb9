"""What arrives from outside when somebody means harm, or a wire does: damaged bytes, messages filled at will.

All of it follows from a `Random`, so that a find comes again: from hypothesis by `st.randoms()`, which makes
a find small, or from a seed that a test prints.
"""

import base64
from collections.abc import Callable, Sequence
from math import inf, nan
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

DEEPEST: Final = 4
"""Messages within messages beyond which nothing is filled."""

_WORDS: Final = (
    *("", " ", "\0", "a\0b", "-", "0", "-1", "1e400", "nan", "null", "true", "%s%n", "{0.__class__}"),
    *("٣٤", "Ἀθῆναι", "سلام", "\u202e\u2066", "\ufeff", "\uffff", "𝒜"),
    *("2026-02-30", "0001-01-01", "9999-12-31", "10000-01-01", "2026-11-26T10:00:00"),
    *("2026-11-26T10:00:00+99:00", "9999-12-31T23:59:59-23:59 x", "0001-01-01T00:00:00+23:59 x"),
    *("../../secrets", "'; DROP TABLE beneficiary; --", "<script>", "https://[::1]:443"),
    *("+30 690 000 0000", "KEM-2026-000001-A", "el", "NAME", "https://a" + "\u3002" * 40),
)
_SECONDS: Final = (
    -62135596801,
    -62135596800,
    -1,
    0,
    1,
    1_780_000_000,
    253402300799,
    253402300800,
    2**62,
    -(2**63),
)
_NANOS: Final = (0, 1, 999_999_999, 1_000_000_000, -1)
_NESTED: Final = (b"[", b'{"a":', b"(", b"\x0a")


def damaged(wholes: Sequence[bytes], chance: Random) -> bytes:
    """One of `wholes` with some of it changed, cut out, doubled, or put in; or nothing of the kind."""
    content = bytearray(chance.choice(wholes)) if wholes else bytearray()
    kind = chance.randrange(10)
    if kind == 0:
        return chance.randbytes(chance.randrange(64))
    if kind == 1:
        return chance.choice(_NESTED) * chance.choice((100, 3_000, 20_000))
    for _ in range(chance.randint(1, 4)):
        at, to = sorted(chance.randint(0, len(content)) for _ in range(2))
        match chance.randrange(5):
            case 0 if content:
                content[at % len(content)] ^= 1 << chance.randrange(8)
            case 1:
                del content[at:to]
            case 2:
                content[at:at] = content[at:to]
            case 3:
                other = chance.choice(wholes) if wholes else b""
                content[at:to] = other[: chance.randint(0, len(other))]
            case _:
                content[at:at] = chance.choice(_WORDS).encode()
    return bytes(content)


def damaged_text(wholes: Sequence[str], chance: Random) -> str:
    """The same of text; what is no text any more comes with its broken places replaced."""
    return damaged([whole.encode() for whole in wholes], chance).decode(errors="replace")


def filled(message: M, chance: Random, depth: int = 0) -> M:
    """The message with any content that its wire format takes; what its rules say is passed over."""
    for field in message.DESCRIPTOR.fields:
        if chance.random() < (0.75 if depth == 0 else 0.5):
            _fill(message, field, chance, depth)
    return message


def with_one_misfit(message: M, chance: Random, depth: int = 0) -> M:
    """A copy of a message that is right, but for one place somewhere within it."""
    copy = type(message)()
    copy.CopyFrom(message)
    fields = copy.DESCRIPTOR.fields
    if not fields:
        return copy
    field: Any = chance.choice(fields)
    inner = field.message_type is not None and not field.is_repeated and copy.HasField(field.name)
    if inner and depth < DEEPEST and chance.random() < 0.8:
        within = getattr(copy, field.name)
        within.CopyFrom(with_one_misfit(within, chance, depth + 1))
    else:
        copy.ClearField(field.name)
        _fill(copy, field, chance, depth)
    return copy


def _fill(message: Message, field: Any, chance: Random, depth: int) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return  # none of ours; a map that comes is filled by whoever brings it
    many = chance.choice((0, 1, 2, 3, 600)) if field.is_repeated else 1
    if field.message_type is None:
        value = _scalar(field, chance)
        if not field.is_repeated:
            setattr(message, field.name, value)
        else:
            getattr(message, field.name).extend(_scalar(field, chance) for _ in range(many))
        return
    if depth >= DEEPEST:
        return
    for _ in range(min(many, 3)):
        within = getattr(message, field.name).add() if field.is_repeated else getattr(message, field.name)
        within.SetInParent()
        _fill_message(within, chance, depth + 1)


def _fill_message(message: Message, chance: Random, depth: int) -> None:
    if message.DESCRIPTOR.full_name in ("google.protobuf.Timestamp", "google.protobuf.Duration"):
        at: Any = message
        at.seconds, at.nanos = chance.choice(_SECONDS), chance.choice(_NANOS)
    else:
        filled(message, chance, depth)


def _text(chance: Random) -> str:
    match chance.randrange(6):
        case 0:
            return str(UUID(int=chance.getrandbits(128)))
        case 1:
            return base64.urlsafe_b64encode(chance.randbytes(chance.choice((1, 8, 16, 24, 25)))).decode()
        case 2:
            return "".join(
                chr(chance.choice((chance.randrange(0xD800), chance.randrange(128)))) for _ in range(9)
            )
        case 3:
            return chance.choice(_WORDS) * chance.choice((1, 1, 2, 300))
        case _:
            return chance.choice(_WORDS)


def _whole(bits: int, *, is_signed: bool) -> Callable[[Random], int]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if is_signed else (0, 2**bits - 1)
    return lambda chance: chance.choice((0, 1, 2, 50, low, high, chance.randint(low, high)))


_SCALARS: Final[dict[int, Callable[[Random], Any]]] = {
    FieldDescriptor.CPPTYPE_STRING: _text,
    FieldDescriptor.CPPTYPE_BOOL: lambda chance: chance.random() < 0.5,
    FieldDescriptor.CPPTYPE_INT32: _whole(32, is_signed=True),
    FieldDescriptor.CPPTYPE_INT64: _whole(64, is_signed=True),
    FieldDescriptor.CPPTYPE_UINT32: _whole(32, is_signed=False),
    FieldDescriptor.CPPTYPE_UINT64: _whole(64, is_signed=False),
    FieldDescriptor.CPPTYPE_FLOAT: lambda chance: chance.choice((0.0, -1.0, 1e30, nan, inf)),
    FieldDescriptor.CPPTYPE_DOUBLE: lambda chance: chance.choice((0.0, 91.0, 1e300, nan, inf)),
}


def _scalar(field: FieldDescriptor, chance: Random) -> Any:
    if field.type == FieldDescriptor.TYPE_BYTES:
        return chance.randbytes(chance.choice((0, 1, 31, 32, 33, 5_000)))
    if field.enum_type is not None:
        return chance.choice((*[one.number for one in field.enum_type.values], 99, -1))
    return _SCALARS[field.cpp_type](chance)
