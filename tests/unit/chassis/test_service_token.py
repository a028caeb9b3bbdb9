"""A service's own assertion."""

from datetime import UTC, datetime

import pytest

from chassis import grpc_client


class _CountingSigner:
    def __init__(self) -> None:
        self.signed = 0

    def service_token(self, lifetime_seconds: int) -> str:
        self.signed += 1
        return f"token {self.signed}"


def test_a_clock_that_jumps_means_a_new_assertion(monkeypatch: pytest.MonkeyPatch) -> None:
    signer = _CountingSigner()
    token = grpc_client.ServiceToken(signer)  # type: ignore[arg-type]  # only this method is used
    start = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
    for instant, expected in ((start, 1), (start + 60, 1), (start + 660, 2), (start, 3)):
        monkeypatch.setattr("time.time", lambda instant=instant: instant)
        assert token() == f"token {expected}"
