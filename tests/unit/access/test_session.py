"""How long a session lasts."""

from datetime import timedelta

import pytest

from kernel.ids import PrincipalId, random_id
from services.access.domain.session import Session, SessionEnded, SessionLimits
from tests.unit.access.staff import NOW

LIMITS = SessionLimits(idle=timedelta(minutes=30), longest=timedelta(hours=12))


def _session() -> Session:
    return Session.begin(random_id(), PrincipalId(random_id()), "pwd", NOW, LIMITS)


def test_a_session_that_is_left_alone_ends() -> None:
    session = _session()
    session.use(NOW + timedelta(minutes=29), LIMITS)
    session.use(NOW + timedelta(minutes=58), LIMITS)
    with pytest.raises(SessionEnded):
        session.use(NOW + timedelta(minutes=88), LIMITS)


def test_a_session_ends_after_its_longest_time_however_busy_it_is() -> None:
    session = _session()
    for minutes in range(0, 12 * 60, 20):
        session.use(NOW + timedelta(minutes=minutes), LIMITS)
    with pytest.raises(SessionEnded):
        session.use(NOW + timedelta(hours=12), LIMITS)
