"""One type per kind of id, all random: UUIDv4 for people and cases, UUIDv7 where order gives nothing away."""

import os
import time
from typing import NewType
from uuid import UUID, uuid4, uuid5

BeneficiaryId = NewType("BeneficiaryId", UUID)
ConsentId = NewType("ConsentId", UUID)
NeedId = NewType("NeedId", UUID)
ReferralId = NewType("ReferralId", UUID)
OfferId = NewType("OfferId", UUID)
AgencyId = NewType("AgencyId", UUID)
ServiceId = NewType("ServiceId", UUID)
ActivityId = NewType("ActivityId", UUID)
UnitId = NewType("UnitId", UUID)
"""What has capacity of its own: an activity, or a service without activities."""
PrincipalId = NewType("PrincipalId", UUID)
RecipientId = NewType("RecipientId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
EventId = NewType("EventId", UUID)
DisclosureId = NewType("DisclosureId", UUID)

_NAMES = UUID("8a0ff5ab-5b1c-5f0e-9d6e-2f1b6c3d7e10")


def random_id() -> UUID:
    """A fresh UUIDv4: for people, consents, needs, referrals and offers, which must not be guessable."""
    return uuid4()


def ordered_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562 § 5.7): milliseconds since 1970 first, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def derived_id(*parts: str) -> UUID:
    """The same UUIDv5 for the same parts, where both sides must find an id without asking each other."""
    return uuid5(_NAMES, "/".join(parts))


def agency_inbox(agency_id: UUID) -> RecipientId:
    """The recipient that gets the offers made to an agency."""
    return RecipientId(derived_id("inbox", "agency", str(agency_id)))


def desk_inbox(agency_id: UUID) -> RecipientId:
    """The recipient that gets every change of the referrals which an agency sent."""
    return RecipientId(derived_id("inbox", "desk", str(agency_id)))


def officers_inbox(office: str) -> RecipientId:
    """The recipient that gets what waits for the hub's own officers of one kind."""
    return RecipientId(derived_id("inbox", "officers", office))
