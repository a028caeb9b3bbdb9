"""Certificates of a data folder: made once, renewed in good time, handed over, revoked; all on record."""

import asyncio
import json
import os
import pwd
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from chassis.certificates import TOOLS, Holder, is_issued_by
from kernel.ids import random_id
from tests.integration.chassis.waiting import until
from tests.integration.stack.test_stack import said_by
from tools.certificates.authority import Authority
from tools.certificates.office import CertificateOffice
from tools.certificates.registry import RevocationReason
from tools.certificates.words import sentence_about
from tools.hub import check_certificate
from tools.stack import credentials
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout, write_secret

AGENCY = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
SERVICES = ["intake", "referral"]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    one = Layout(tmp_path / "data")
    one.make()
    return one


@pytest.fixture
def office(layout: Layout) -> CertificateOffice:
    return CertificateOffice(layout)


def _mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def _serials(layout: Layout) -> list[str]:
    serials: list[str] = json.loads(layout.revoked_certificates.read_text())["serials"]
    return serials


def test_a_first_start_makes_everybody_s_certificates_and_a_second_one_leaves_them(
    layout: Layout, office: CertificateOffice
) -> None:
    assert office.write_own(SERVICES) == ["tools", "intake", "referral"]
    files = [layout.certificate(name) for name in ("tools", "intake", "referral")]
    before = [file.read_bytes() for file in files]
    assert office.write_own(SERVICES) == []
    assert [file.read_bytes() for file in files] == before
    assert all(is_issued_by(pem, layout.authorities.read_bytes()) for pem in before)
    assert (_mode(layout.authority), _mode(layout.authority_key)) == (0o700, 0o400)
    assert {_mode(file) for file in files} == {0o600}
    assert _serials(layout) == []
    assert b"PRIVATE" not in layout.authority_certificate.read_bytes() + layout.authorities.read_bytes()


def test_a_service_s_certificate_is_renewed_when_a_third_of_its_life_is_left(
    layout: Layout, office: CertificateOffice
) -> None:
    office.write_own(SERVICES)
    authority = Authority(layout.authority_key, layout.authority_certificate)

    def put(days_left: float) -> None:
        issued = authority.issue(Holder.of_service("intake"), lifetime=timedelta(days=days_left))
        write_secret(layout.certificate("intake"), (issued.key + issued.chain).decode())

    put(10.1)
    assert office.write_own(SERVICES) == []
    put(9.9)
    assert office.write_own(SERVICES) == ["intake"]


def test_what_was_revoked_lost_or_is_of_another_authority_is_made_anew(
    layout: Layout, office: CertificateOffice
) -> None:
    office.write_own(SERVICES)
    revoked = layout.tools_certificate.read_certificate()
    office.revoke(revoked.serial, RevocationReason.KEY_COMPROMISED)
    layout.certificate("intake").unlink()
    layout.certificate("referral").write_text("not a certificate")
    assert office.write_own(SERVICES) == ["tools", "intake", "referral"]
    assert layout.tools_certificate.read_certificate().holder == TOOLS
    for file in layout.authority.iterdir():
        file.unlink()
    assert office.write_own(SERVICES) == ["tools", "intake", "referral"]
    check_certificate(layout.tools_certificate)


def test_an_agency_s_files_are_for_its_people_only_and_renewing_leaves_the_earlier_one_in_force(
    layout: Layout, office: CertificateOffice, tmp_path: Path
) -> None:
    first = office.issue(AGENCY, "SAMPLE", tmp_path / "stick")
    assert {file.name: _mode(file) for file in first.folder.iterdir()} == {
        "key.pem": 0o600,
        "certificate.pem": 0o600,
        "authorities.pem": 0o600,
    }
    assert _mode(first.folder) == 0o700
    second = office.renew("SAMPLE")
    assert second.folder == layout.agency_certificate("SAMPLE")
    assert second.certificate.holder == first.certificate.holder == Holder.of_agency(AGENCY)
    assert {entry.state(datetime.now(UTC)) for entry in office.registry.entries()} == {"IN_FORCE"}
    revoked = office.revoke("SAMPLE", RevocationReason.AGENCY_LEFT)
    assert {entry.serial for entry in revoked} == {first.certificate.serial, second.certificate.serial}
    assert set(_serials(layout)) == {first.certificate.serial, second.certificate.serial}
    with pytest.raises(StackFailure):
        office.renew("SAMPLE")


def test_whoever_sits_at_a_terminal_gets_a_first_certificate_and_never_one_after_a_revocation(
    layout: Layout, office: CertificateOffice
) -> None:
    files = office.of_a_sitting(AGENCY, "SAMPLE")
    assert files.read_certificate().holder == Holder.of_agency(AGENCY)
    assert office.of_a_sitting(AGENCY, "SAMPLE") == files
    assert len(office.registry.entries()) == 1
    with pytest.raises(StackFailure, match="is not OTHER's"):
        office.of_a_sitting(random_id(), "OTHER", layout.agency_certificate("SAMPLE"))
    office.revoke("SAMPLE", RevocationReason.KEY_LOST)
    files.certificate.unlink()
    with pytest.raises(StackFailure, match="kem certs issue SAMPLE"):
        office.of_a_sitting(AGENCY, "SAMPLE")


def test_nothing_is_ever_taken_from_the_registry(
    layout: Layout, office: CertificateOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    made = office.issue(AGENCY, "SAMPLE")
    before = layout.certificate_registry.read_text()
    monkeypatch.setenv("SUDO_USER", "erato")
    office.revoke("SAMPLE", RevocationReason.KEY_LOST)
    after = layout.certificate_registry.read_text()
    assert after.startswith(before)
    issued, revoked = (json.loads(line) for line in after.split("\n") if line)
    assert (issued["event"], issued["code"]) == ("CertificateIssued", "SAMPLE")
    assert (revoked["event"], revoked["serial"]) == ("CertificateRevoked", made.certificate.serial)
    assert revoked["reason"] == "KEY_LOST"
    assert (issued["by"], revoked["by"]) == (pwd.getpwuid(os.getuid()).pw_name, "erato")
    assert "PRIVATE" not in after


def test_a_certificate_that_ends_soon_is_told_of_until_there_is_a_newer_one(
    layout: Layout, office: CertificateOffice
) -> None:
    made = office.issue(AGENCY, "SAMPLE")
    now = made.certificate.end_time - timedelta(days=14, minutes=1)
    assert office.ending(now) == []
    now += timedelta(minutes=2)
    (entry,) = office.ending(now)
    assert "./kem certs renew SAMPLE" in sentence_about(entry, now)
    (entry,) = office.ending(made.certificate.end_time + timedelta(days=1))
    assert "has ended" in sentence_about(entry, made.certificate.end_time + timedelta(days=1))
    office.write_own(SERVICES)
    end = layout.tools_certificate.read_certificate().end_time
    assert office.ending(end - timedelta(days=7, minutes=1)) == [], "the hub's own are renewed before"
    assert len(office.ending(end - timedelta(days=6))) == 1 + len(SERVICES)
    later = Authority(layout.authority_key, layout.authority_certificate).issue(
        Holder.of_agency(AGENCY), lifetime=timedelta(days=180)
    )
    office.registry.add_issued(later.certificate, "SAMPLE")
    assert office.ending(now) == []


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("early", "look at this machine's clock"),
        ("another key", "no usable certificate"),
        ("expired", "ended on"),
        ("foreign", "is not of this hub"),
        ("missing", "no usable certificate"),
    ],
)
def test_a_certificate_that_no_server_would_take_is_said_in_a_sentence(
    layout: Layout, office: CertificateOffice, tmp_path: Path, case: str, words: str
) -> None:
    office.write_own([])
    (tmp_path / "other").mkdir()
    authority = Authority(layout.authority_key, layout.authority_certificate)
    if case == "foreign":
        authority = Authority.make(tmp_path / "other/key", tmp_path / "other/pem")
    issued = authority.issue(
        TOOLS,
        lifetime=timedelta(seconds=-1 if case == "expired" else 60),
        now=datetime.now(UTC) + timedelta(days=case == "early"),
    )
    key = authority.issue(TOOLS).key if case == "another key" else issued.key
    file = layout.certificate("tools")
    file.write_bytes(key + issued.chain) if case != "missing" else file.unlink()
    with pytest.raises(StackFailure, match=words):
        check_certificate(layout.tools_certificate)


def test_a_certificate_that_is_not_good_yet_is_made_anew(layout: Layout, office: CertificateOffice) -> None:
    office.write_own(SERVICES)
    authority = Authority(layout.authority_key, layout.authority_certificate)
    early = authority.issue(Holder.of_service("intake"), now=datetime.now(UTC) + timedelta(days=2))
    write_secret(layout.certificate("intake"), (early.key + early.chain).decode())
    assert office.write_own(SERVICES) == ["intake"]


def test_a_line_of_the_registry_that_broke_off_stops_nothing_and_spoils_no_other(
    layout: Layout, office: CertificateOffice
) -> None:
    made = office.issue(AGENCY, "SAMPLE")
    with layout.certificate_registry.open("a") as file:
        file.write('{"event_time": "2026-')
    assert office.write_own(SERVICES) == ["tools", *SERVICES]
    code, out, err = said_by(layout.data, "certs", "revoke", "SAMPLE", "--reason", "KEY_COMPROMISED")
    assert (code, err) == (0, "")
    assert made.certificate.serial in out
    assert _serials(layout) == [made.certificate.serial]
    assert len(office.registry.entries()) == 2 + len(SERVICES)


def test_a_registry_that_was_changed_by_hand_is_said_in_a_sentence(
    layout: Layout, office: CertificateOffice
) -> None:
    office.issue(AGENCY, "SAMPLE")
    with layout.certificate_registry.open("a") as file:
        file.write('{"event": "CertificateIssued"}\n')
    code, _, err = said_by(layout.data, "certs", "list")
    assert (code, err.count("\n")) == (1, 1)
    assert "bring that file back" in err


@pytest.mark.parametrize("missing", ["authority.key", "authority.pem", "certificates.jsonl"])
def test_an_authority_of_which_a_part_is_missing_is_neither_replaced_nor_used(
    layout: Layout, office: CertificateOffice, missing: str
) -> None:
    office.write_own(SERVICES)
    office.issue(AGENCY, "SAMPLE")
    office.revoke("SAMPLE", RevocationReason.KEY_COMPROMISED)
    revoked = _serials(layout)
    (layout.authority / missing).unlink()
    left = {file.name: file.read_bytes() for file in layout.authority.iterdir()}
    with pytest.raises(StackFailure, match="A part of"):
        office.write_own(SERVICES)
    assert {file.name: file.read_bytes() for file in layout.authority.iterdir()} == left
    assert _serials(layout) == revoked, "what was revoked stays so"


@pytest.mark.parametrize("spoilt", ["authority.key", "authority.pem"])
def test_an_authority_that_is_damaged_is_said_in_a_sentence(
    layout: Layout, office: CertificateOffice, spoilt: str
) -> None:
    office.write_own(SERVICES)
    (layout.authority / spoilt).chmod(0o600)
    (layout.authority / spoilt).write_bytes(b"")
    with pytest.raises(StackFailure, match="is damaged"):
        office.write_own(SERVICES)


def test_a_first_start_that_broke_off_is_brought_to_its_end(
    layout: Layout, office: CertificateOffice
) -> None:
    office.registry.begin()
    assert office.write_own(SERVICES) == ["tools", *SERVICES]


def test_two_who_begin_at_once_have_one_authority(tmp_path: Path) -> None:
    for number in range(10):
        layout = Layout(tmp_path / str(number))
        layout.make()
        start = threading.Barrier(2)

        def issue(code: str, layout: Layout = layout, start: threading.Barrier = start) -> bytes:
            start.wait()
            folder = CertificateOffice(layout).issue(AGENCY, code).folder
            return (folder / "certificate.pem").read_bytes()

        with ThreadPoolExecutor(2) as pool:
            chains = list(pool.map(issue, ("ONE", "OTHER")))
        assert all(is_issued_by(chain, layout.authority_certificate.read_bytes()) for chain in chains)
        Authority(layout.authority_key, layout.authority_certificate)


async def test_who_keeps_certificates_goes_on_after_whatever_fails_and_says_it_once(
    layout: Layout, office: CertificateOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "LOOK_AT_CERTIFICATES_SECONDS", 0.01)
    office.write_own(SERVICES)
    good = layout.certificate_registry.read_bytes()
    layout.certificate_registry.write_bytes(b"{}\n")
    said: list[str] = []
    keeping = asyncio.create_task(credentials.keep_certificates(layout, SERVICES, said.append))
    try:
        await until(lambda: bool(said))
        layout.certificate_registry.write_bytes(good)
        layout.certificate("intake").unlink()
        await until(lambda: len(said) > 1)
    finally:
        keeping.cancel()
    assert "cannot be renewed" in said[0]
    assert said[1:] == ["Renewed the certificates of intake."]


def test_a_serial_is_known_as_other_programs_write_it(layout: Layout, office: CertificateOffice) -> None:
    serial = office.issue(AGENCY, "SAMPLE").certificate.serial
    padded = serial.zfill(2 * ((len(serial) + 1) // 2)).upper()
    typed = ":".join(padded[at : at + 2] for at in range(0, len(padded), 2))
    (entry,) = office.revoke(typed, RevocationReason.KEY_LOST)
    assert entry.serial == serial


def test_the_commands_list_revoke_and_say_what_they_did(layout: Layout, office: CertificateOffice) -> None:
    made = office.issue(AGENCY, "SAMPLE")
    code, out, err = said_by(layout.data, "certs", "revoke", "sample", "--reason", "KEY_LOST")
    assert (code, err) == (0, "")
    assert made.certificate.serial in out
    _, out, _ = said_by(layout.data, "certs", "list")
    assert made.certificate.serial in out
    code, out, _ = said_by(layout.data, "certs", "list", "--json")
    (listed,) = json.loads(out)["certificates"]
    assert (listed["code"], listed["state"], listed["reason"]) == ("SAMPLE", "REVOKED", "KEY_LOST")
    code, _, err = said_by(layout.data, "certs", "revoke", "SAMPLE", "--reason", "KEY_LOST")
    assert (code, err.count("\n")) == (2, 1)
    code, _, err = said_by(layout.data, "certs", "renew", "SAMPLE")
    assert (code, "./kem certs issue SAMPLE" in err) == (2, True)
    code, _, err = said_by(layout.data, "certs", "issue", "SAMPLE")
    assert (code, err.count("\n")) == (3, 1), "the directory is asked, and nothing runs"
