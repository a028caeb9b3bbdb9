"""What each service may do at the hub's own Kafka: to write where it is a source, to read what it follows."""

import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from chassis.topics import READERS, SOURCES
from tools.stack.apache import CLIENTS
from tools.stack.failure import StackFailure
from tools.stack.topics import administration

_HEARSAY_SECONDS: Final = 10.0
"""A node hears of what was taken a moment after the cluster has acknowledged it."""
_HEARSAY_PAUSE_SECONDS: Final = 0.05
_REFERRAL_GROUP: Final = "referral"
"""Intake looks how far this one has read, and takes no more needs than can be matched."""


def settle_rights(bootstrap: str, services: Sequence[str], former: Collection[str] = ()) -> list[str]:
    """Gives the services their rights at a Kafka that gives nobody any by itself, and takes what they have
    beside them. Repeat-safe. Of nobody else anything is touched, nor what somebody has denied on purpose.

    Args:
        former: names that were services' once; they keep none.

    Returns:
        What was taken, one clause each.

    Raises:
        StackFailure: the broker refused one of them, or one that was taken is there still.
    """
    declared = set(rights_of(services))
    with administration(bootstrap) as admin:
        if declared and admin.create_acls(list(declared))["failed"]:
            raise StackFailure("Kafka did not give the services the rights that they need.")
        there = [one for name in sorted({*services, *former}) for one in _rights_there(admin, name)]
        surplus = [one for one in there if one not in declared]
        if surplus:
            take_away(admin, surplus)
    return [f"{_holder(one)} may no longer {_in_words(one)}" for one in surplus]


def take_away(admin: Any, rights: Sequence[Any]) -> None:
    """Returns when nobody has any of these rights. The client passes over errors of single ones, so what it
    answers is no proof: they are looked for.

    Raises:
        StackFailure: the broker refused, or some are there still; it names them.
    """
    refused = [error for *_, error in admin.delete_acls(list(rights)) if getattr(error, "errno", 0)]
    until = time.monotonic() + (0 if refused else _HEARSAY_SECONDS)
    holders = sorted({_holder(one) for one in rights})
    while True:
        there = {right for name in holders for right in _rights_there(admin, name)}
        left = [one for one in rights if one in there]
        if not left and not refused:
            return
        if time.monotonic() >= until:
            named = "; ".join(f"{_holder(one)} may {_in_words(one)}" for one in left or rights)
            why = f" ({_name_of(refused[0])})" if refused else ""
            raise StackFailure(f"Kafka did not take away what this version does not declare{why}: {named}.")
        time.sleep(_HEARSAY_PAUSE_SECONDS)


def _rights_there(admin: Any, service: str) -> list[Any]:
    from kafka.admin import (
        ACLFilter,
        ACLOperation,
        ACLPermissionType,
        ACLResourcePatternType,
        ResourcePatternFilter,
        ResourceType,
    )

    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    found, error = admin.describe_acls(
        ACLFilter(f"User:{service}", None, ACLOperation.ANY, ACLPermissionType.ALLOW, anything)
    )
    if error.errno:
        raise StackFailure(f"Kafka does not say which rights {service} has ({_name_of(error)}).")
    return list(found)


def _in_words(right: Any) -> str:
    pattern = right.resource_pattern
    place = f"{pattern.resource_type.name.lower()} {pattern.resource_name}"
    every = " and all that begin so" if pattern.pattern_type.name == "PREFIXED" else ""
    return f"{right.operation.name} {place}{every}"


def _name_of(error: Any) -> str:
    """The client answers with classes of errors."""
    name: str = error.__name__ if isinstance(error, type) else type(error).__name__
    return name


def _holder(right: Any) -> str:
    name: str = right.principal.removeprefix("User:")
    return name


def read_certificate_again(bootstrap: str, brokers: Sequence[int], file: Path) -> None:
    """Lets the nodes take up a certificate that was renewed: they look at its file when they are told to."""
    from kafka.admin import ConfigResource, ConfigResourceType

    setting = {f"listener.name.{CLIENTS.lower()}.ssl.keystore.location": str(file)}
    with administration(bootstrap) as admin:
        admin.alter_configs(
            [ConfigResource(ConfigResourceType.BROKER, str(number), setting) for number in brokers],
            raise_on_unknown=False,  # a listener's own settings are in no list
        )


def rights_of(services: Sequence[str]) -> Iterator[Any]:
    """Each service's, as kafka-python says them; a service is known by the name in its certificate."""
    for topic, sources in SOURCES.items():
        for service in services:
            if service in sources:
                yield from _on_topic(service, topic, "WRITE", "DESCRIBE", "DESCRIBE_CONFIGS")
            if service in READERS[topic]:
                yield from _on_topic(service, topic, "READ", "DESCRIBE", "DESCRIBE_CONFIGS")
    for service in services:
        if any(service in readers for readers in READERS.values()):
            yield from _on_group(service, service, "READ")
            yield from _on_group(service, f"{service}.", "READ", is_prefix=True)
    if "intake" in services:
        yield from _on_group("intake", _REFERRAL_GROUP, "DESCRIBE")


def _on_topic(service: str, topic: str, *operations: str) -> Iterator[Any]:
    from kafka.admin import ResourceType

    yield from _may(service, ResourceType.TOPIC, topic, operations)


def _on_group(service: str, group: str, *operations: str, is_prefix: bool = False) -> Iterator[Any]:
    from kafka.admin import ResourceType

    yield from _may(service, ResourceType.GROUP, group, operations, is_prefix=is_prefix)


def _may(
    service: str, kind: Any, name: str, operations: Sequence[str], *, is_prefix: bool = False
) -> Iterator[Any]:
    from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern

    pattern = ACLResourcePatternType.PREFIXED if is_prefix else ACLResourcePatternType.LITERAL
    for operation in operations:
        yield ACL(
            f"User:{service}",
            "*",
            ACLOperation[operation],
            ACLPermissionType.ALLOW,
            ResourcePattern(kind, name, pattern),
        )
