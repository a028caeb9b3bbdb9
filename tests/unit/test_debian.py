"""Programs of the system: what is missing is said with the line to type; nothing starts by itself."""

import os
from pathlib import Path

import pytest

from tools.stack.debian import ProgramMissing, find_libraries_and_fonts, find_programs, services_kept_off


def test_what_is_there_is_not_asked_for() -> None:
    find_programs({"sh": "dash"}, "this test", lambda sentence: pytest.fail(sentence))


def test_who_may_not_install_is_told_the_exact_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(
        ProgramMissing, match="this test needs kem-nothing; install with: apt-get install kem-n"
    ):
        find_programs({"kem-nothing": "kem-n"}, "this test", print)


@pytest.mark.parametrize(
    ("libraries", "fonts", "needs"),
    [
        (
            {"libkem-nothing.so.0": "libkem-n0"},
            {},
            "libkem-nothing.so.0; install with: apt-get install libkem-n0",
        ),
        ({}, {"Kem Nothing": "fonts-kem-n"}, "Kem Nothing; install with: apt-get install fonts-kem-n"),
        (
            {"libkem-a.so.0": "libkem-n0", "libkem-b.so.0": "libkem-n0"},
            {},
            "libkem-a.so.0 and libkem-b.so.0; install with: apt-get install libkem-n0",
        ),
    ],
)
def test_a_library_or_a_font_that_is_not_there_is_one_sentence_with_the_line_to_type(
    libraries: dict[str, str], fonts: dict[str, str], needs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ProgramMissing) as missing:
        find_libraries_and_fonts(libraries, fonts, "a receipt as PDF", lambda sentence: pytest.fail(sentence))
    assert str(missing.value) == f"a receipt as PDF needs {needs}"


def test_a_font_of_another_name_is_not_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find_libraries_and_fonts({"libc.so.6": "libc6"}, {"Noto Sans": "fonts-noto-core"}, "this test", print)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ProgramMissing, match="needs Noto; install"):
        find_libraries_and_fonts({}, {"Noto": "fonts-noto-core"}, "this test", print)


def test_what_cannot_be_installed_is_said_with_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine whose package lists do not know it: apt-get itself says so."""
    if os.geteuid() != 0:
        pytest.skip("only root installs")
    said: list[str] = []
    with pytest.raises(ProgramMissing) as missing:
        find_libraries_and_fonts({"libkem-nothing.so.0": "libkem-n0"}, {}, "a receipt as PDF", said.append)
    assert "install with: apt-get install libkem-n0" in str(missing.value)
    assert "libkem-n0" in said[0]


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
