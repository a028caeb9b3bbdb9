"""Events for whoever runs the hub: short, and nothing that is not an id, a code, a number or a time."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.plain_events import WITHHELD, PlainReader
from chassis.topics import SOURCES

_MOST_SHOWN: Final = 3
_SERVICES: Final = frozenset(source for sources in SOURCES.values() for source in sources)

decode: Final = PlainReader().read


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


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
