"""The topics, how they are declared and cut into partitions, and where a key goes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

INTAKE: Final = "kem.intake.v1"
DISCLOSURE: Final = "kem.disclosure.v1"
REFERRAL: Final = "kem.referral.v1"
DIRECTORY: Final = "kem.directory.v1"
NOTIFICATIONS: Final = "kem.notifications.v1"
ACCESS: Final = "kem.access.v1"
AUDIT: Final = "kem.audit.v1"

TOPICS: Final = (INTAKE, DISCLOSURE, REFERRAL, DIRECTORY, NOTIFICATIONS, ACCESS, AUDIT)

SOURCES: Final = {
    INTAKE: ("intake",),
    DISCLOSURE: ("intake",),
    REFERRAL: ("referral",),
    DIRECTORY: ("referral",),
    NOTIFICATIONS: ("notifications",),
    ACCESS: ("intake", "referral", "notifications", "access", "audit"),
    AUDIT: ("audit",),
}
"""Which services write to a topic. Each counts positions of its own."""

GATHERED: Final = frozenset({DISCLOSURE, NOTIFICATIONS, ACCESS, AUDIT})
"""Nobody waits for what is told there, so a commit that tells nothing else does not wake the relay."""

READERS: Final = {
    INTAKE: ("audit", "referral"),
    DISCLOSURE: ("audit", "notifications", "referral"),
    REFERRAL: ("audit", "intake", "notifications"),
    DIRECTORY: ("audit", "intake"),
    NOTIFICATIONS: ("audit", "referral"),
    ACCESS: ("audit",),
    AUDIT: ("audit", "notifications"),
}
"""Which services read a topic. A group is called as its service is, or begins so, with a dot behind it."""

PARTITIONS: Final = 8
"""Of every topic. Never changed in place: a key would move and its order would be lost."""

RETENTION_SECONDS: Final = 7 * 24 * 3600

REPLICATION: Final = 3
"""Where events are kept by three brokers; 1 where there is only one."""

MIN_INSYNC_REPLICAS: Final = 2
"""Of three: an acknowledged event survives the loss of any one broker."""


def is_waited_for(source: str) -> bool:
    """Whether somebody waits for anything that this service tells."""
    return any(source in sources for topic, sources in SOURCES.items() if topic not in GATHERED)


@dataclass(frozen=True, slots=True)
class TopicShape:
    """What a topic is made of, declared or found; `configs` are Kafka's own names and values."""

    partitions: int
    replication: int
    configs: Mapping[str, str] = field(default_factory=dict)


def declared_shape(replication: int) -> TopicShape:
    """How every topic is made where so many brokers keep it."""
    configs = {"cleanup.policy": "delete", "retention.ms": str(RETENTION_SECONDS * 1000)}
    if replication >= REPLICATION:
        configs["min.insync.replicas"] = str(MIN_INSYNC_REPLICAS)
    return TopicShape(PARTITIONS, replication, configs)


def differences(topics: Iterable[str], found: Mapping[str, TopicShape], replication: int) -> list[str]:
    """What is not as declared, one plain clause each; empty where all is well."""
    declared = declared_shape(replication)
    said = []
    for topic in topics:
        if topic not in found:
            said.append(f"topic {topic} is missing")
            continue
        shape = found[topic]
        if shape.partitions != declared.partitions:
            said.append(f"topic {topic} has {shape.partitions} partitions, not {declared.partitions}")
        if shape.replication < declared.replication:
            said.append(f"topic {topic} is kept {shape.replication} times, not {declared.replication}")
        for name, value in declared.configs.items():
            if shape.configs.get(name) != value:
                said.append(f"topic {topic} has {name}={shape.configs.get(name)}, not {value}")
    return said


def key_bytes(key: UUID) -> bytes:
    """A key as it stands in Kafka: the id's usual text, so that any tool can read and compare it."""
    return str(key).encode()


def partition_of(key: bytes, partitions: int = PARTITIONS) -> int:
    """Where Kafka's own Java partitioner would put this key."""
    return (murmur2(key) & 0x7FFF_FFFF) % partitions


def murmur2(key: bytes) -> int:
    """MurmurHash2 with Kafka's seed (org.apache.kafka.common.utils.Utils), as an unsigned 32-bit number."""
    word = 0xFFFF_FFFF
    factor = 0x5BD1_E995
    value = 0x9747_B28C ^ len(key)
    whole = len(key) & ~3
    for start in range(0, whole, 4):
        part = int.from_bytes(key[start : start + 4], "little") * factor & word
        part = (part ^ part >> 24) * factor & word
        value = value * factor & word ^ part
    if whole < len(key):
        value = (value ^ int.from_bytes(key[whole:], "little")) * factor & word
    value = (value ^ value >> 13) * factor & word
    return value ^ value >> 15
