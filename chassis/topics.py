"""The topics, how they are cut into partitions, and where a key goes."""

from typing import Final
from uuid import UUID

INTAKE: Final = "kem.intake.v1"
DISCLOSURE: Final = "kem.disclosure.v1"
REFERRAL: Final = "kem.referral.v1"
DIRECTORY: Final = "kem.directory.v1"
NOTIFICATIONS: Final = "kem.notifications.v1"
ACCESS: Final = "kem.access.v1"

TOPICS: Final = (INTAKE, DISCLOSURE, REFERRAL, DIRECTORY, NOTIFICATIONS, ACCESS)

SOURCES: Final = {
    INTAKE: ("intake",),
    DISCLOSURE: ("intake",),
    REFERRAL: ("referral",),
    DIRECTORY: ("referral",),
    NOTIFICATIONS: ("notifications",),
    ACCESS: ("intake", "referral", "notifications"),
}
"""Which services write to a topic. Each counts positions of its own."""

PARTITIONS: Final = 8
"""Of every topic. Never changed in place: a key would move and its order would be lost."""

RETENTION_SECONDS: Final = 7 * 24 * 3600


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
