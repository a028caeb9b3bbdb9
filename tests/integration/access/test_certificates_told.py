"""What the authority's registry says of certificates is told as events, each once, by ids and codes alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.certificates import TOOLS, Holder
from chassis.plain_events import PlainReader, fact_of
from chassis.topics import ACCESS
from kernel.ids import random_id
from services.access.adapters.certificate_register import parse_register
from services.access.entrypoints.timers import Certificates
from tests.integration.access.staff import Staff
from tests.integration.chassis.transacting import waiting
from tools.certificates.authority import Authority
from tools.certificates.registry import Registry, RevocationReason

AGENCY = UUID("0a1b2c3d-0000-4000-8000-00000000000a")
Issue = Callable[[Holder], str]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    one = Registry(tmp_path / "certificates.jsonl", tmp_path / "revoked.json", tmp_path / "register.json")
    one.begin()
    one.write_out()
    return one


@pytest.fixture
def issue(registry: Registry, tmp_path: Path) -> Issue:
    authority = Authority.make(tmp_path / "authority.key", tmp_path / "authority.pem")

    def issued(holder: Holder) -> str:
        certificate = authority.issue(holder).certificate
        registry.add_issued(certificate, "IOM")
        return certificate.serial

    return issued


@pytest.fixture
def telling(registry: Registry, tmp_path: Path) -> Certificates:
    return Certificates(tmp_path / "register.json")


async def look(staff: Staff, telling: Certificates) -> list[tuple[str, int, dict[str, Any]]]:
    """Takes a look; answers all that was told by then: fact, version, fields."""
    async with staff.worker.transaction(staff.operator) as tx:
        await telling.take(tx)
    told = []
    for row in await waiting(staff.worker):
        envelope = PlainReader().read(ACCESS, row["payload"])
        fact = fact_of(ACCESS, envelope)
        if envelope and fact and fact[0].startswith("Certificate"):
            told.append((fact[0], envelope["aggregate_version"], fact[1]))
    return told


async def test_each_certificate_is_told_once_by_whose_it_is(
    staff: Staff, issue: Issue, telling: Certificates
) -> None:
    serials = [issue(holder) for holder in (Holder.of_agency(AGENCY), Holder.of_service("intake"), TOOLS)]
    told = await look(staff, telling)
    assert [(fact, version) for fact, version, _ in told] == [("CertificateIssued", 1)] * 3
    assert [one["serial"] for _, _, one in told] == serials
    assert [one["holder_kind"] for _, _, one in told] == ["AGENCY", "SERVICE", "TOOLS"]
    assert told[0][2]["agency_id"] == str(AGENCY)
    assert told[1][2]["holder_service"] == "intake"
    assert told[0][2]["end_time"] > told[0][2]["issued_time"]
    assert await look(staff, telling) == told


async def test_a_revocation_and_its_worse_reason_follow_in_the_order_of_the_certificate(
    staff: Staff, issue: Issue, telling: Certificates, registry: Registry
) -> None:
    first, second = issue(Holder.of_agency(AGENCY)), issue(Holder.of_agency(random_id()))
    await look(staff, telling)
    registry.revoke([first], RevocationReason.REPLACED)
    await look(staff, telling)
    registry.revoke([first], RevocationReason.KEY_COMPROMISED)
    told = await look(staff, telling)
    assert [(fact, version, one["serial"], one.get("reason")) for fact, version, one in told] == [
        ("CertificateIssued", 1, first, None),
        ("CertificateIssued", 1, second, None),
        ("CertificateRevoked", 2, first, "REPLACED"),
        ("CertificateRevoked", 3, first, "KEY_COMPROMISED"),
    ]


async def test_what_was_done_while_access_was_away_is_told_at_its_next_look(
    staff: Staff, issue: Issue, telling: Certificates, registry: Registry, tmp_path: Path
) -> None:
    await look(staff, telling)
    serial = issue(Holder.of_agency(AGENCY))
    registry.revoke([serial], RevocationReason.KEY_LOST)
    told = await look(staff, Certificates(tmp_path / "register.json"))
    assert [(fact, version) for fact, version, _ in told] == [
        ("CertificateIssued", 1),
        ("CertificateRevoked", 2),
    ]


async def test_the_register_names_neither_the_agencys_code_nor_who_asked_at_this_machine(
    issue: Issue, tmp_path: Path
) -> None:
    issue(Holder.of_agency(AGENCY))
    said = (tmp_path / "register.json").read_text()
    assert "IOM" not in said
    assert '"by"' not in said


def test_what_is_no_register_is_refused() -> None:
    for content in (b"", b"{}", b"[]", b'{"certificates": [{}]}', b'{"certificates": [{"holder": "me"}]}'):
        with pytest.raises(ValueError, match=r"."):
            parse_register(content)
