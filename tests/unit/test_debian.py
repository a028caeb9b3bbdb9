"""Programs of the system: what is missing is said with the line to type; nothing starts by itself."""

import os
from pathlib import Path

import pytest

from tools.stack.debian import ProgramMissing, find_programs, services_kept_off


def test_what_is_there_is_not_asked_for() -> None:
    find_programs({"sh": "dash"}, "this test", lambda sentence: pytest.fail(sentence))


def test_who_may_not_install_is_told_the_exact_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(
        ProgramMissing, match="this test needs kem-nothing; install with: apt-get install kem-n"
    ):
        find_programs({"kem-nothing": "kem-n"}, "this test", print)


def test_while_packages_are_installed_no_service_may_start_and_afterwards_all_may(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with services_kept_off(policy):
        assert policy.read_text().splitlines() == ["#!/bin/sh", "exit 101"]
        assert policy.stat().st_mode & 0o111
    assert not policy.exists()


def test_a_policy_that_somebody_has_made_stays_as_it_is(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    with services_kept_off(policy):
        assert "exit 0" in policy.read_text()
    assert "exit 0" in policy.read_text()
