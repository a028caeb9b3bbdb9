"""Certificates of the hub's authority as events: the bytes never change."""

from datetime import UTC, datetime
from uuid import UUID

from chassis.caller import Caller
from chassis.certificates import Holder
from services.access.adapters.certificate_register import CertificateAct, certificate_event
from tests.support.golden import golden_bytes

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
EVENT = UUID("01938000-0000-7000-8000-000000000042")
AGENCY = UUID("0a1b2c3d-0000-4000-8000-00000000000a")


def test_the_bytes_of_both_never_change() -> None:
    holder, end = Holder.of_agency(AGENCY), datetime(2027, 2, 26, tzinfo=UTC)
    for version, reason in enumerate(("", "KEY_LOST"), start=1):
        act = CertificateAct("0a1b2c", holder, NOW, end, reason)
        event = certificate_event(act, version, Caller.of_service("access"), NOW, EVENT)
        assert event.payload == golden_bytes(event)
        assert event.aggregate_version == version
