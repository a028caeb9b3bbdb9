"""Who stands in a certificate, and what is nobody of the hub."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID

from chassis.certificates import TOOLS, Certificate, Holder, HolderKind, is_issued_by
from tests.support.certificates import Authority as SomebodyElse
from tools.certificates.authority import LIFETIMES, Authority, Issued

AGENCY = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority")
    return Authority.make(folder / "authority.key", folder / "authority.pem")


@pytest.mark.parametrize(
    ("holder", "uri"),
    [
        (Holder.of_agency(AGENCY), f"spiffe://kem.athens/agency/{AGENCY}"),
        (Holder.of_service("intake"), "spiffe://kem.athens/service/intake"),
        (TOOLS, "spiffe://kem.athens/tools"),
    ],
)
def test_a_holder_is_named_by_a_uri_and_read_back(holder: Holder, uri: str) -> None:
    assert holder.uri == uri
    assert Holder.parse(uri) == holder


@pytest.mark.parametrize(
    "uri",
    [
        "spiffe://kem.athens/agency/unicef",
        f"spiffe://kem.athens/agency/{str(AGENCY).upper()}",
        f"spiffe://kem.athens/agency/{AGENCY}/more",
        f"spiffe://kem-athens/agency/{AGENCY}",
        f"spiffe://evil.example/kem.athens/agency/{AGENCY}",
        f"https://kem.athens/agency/{AGENCY}",
        "spiffe://kem.athens/service/",
        "spiffe://kem.athens/tools/",
        "",
    ],
)
def test_any_other_uri_names_nobody(uri: str) -> None:
    with pytest.raises(ValueError):
        Holder.parse(uri)


def test_a_certificate_says_whose_it_is_and_until_when(authority: Authority) -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    issued = authority.issue(Holder.of_agency(AGENCY), now=now)
    certificate = Certificate.read(issued.chain)
    assert certificate == issued.certificate
    assert certificate.holder == Holder.of_agency(AGENCY)
    assert certificate.end_time - now == timedelta(days=90) == LIFETIMES[HolderKind.AGENCY]
    assert certificate.seconds_left(now + timedelta(days=89)) == 86_400
    assert certificate.seconds_left(now + timedelta(days=91)) == -86_400


def test_only_who_answers_calls_may_show_a_certificate_as_a_server(authority: Authority) -> None:
    def uses(issued: Issued) -> list[x509.ObjectIdentifier]:
        certificate = x509.load_pem_x509_certificate(issued.chain)
        return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)

    service = authority.issue(Holder.of_service("intake"))
    assert uses(service) == [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    assert uses(authority.issue(Holder.of_agency(AGENCY))) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_service_answers_by_its_own_name_only(authority: Authority) -> None:
    def names(holder: Holder) -> list[str]:
        certificate = x509.load_pem_x509_certificate(authority.issue(holder).chain)
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return found.get_values_for_type(x509.DNSName)

    assert names(Holder.of_service("intake")) == ["intake.kem.athens"]
    assert names(Holder.of_agency(AGENCY)) == names(TOOLS) == []


def test_no_certificate_outlives_the_authority(authority: Authority) -> None:
    issued = authority.issue(TOOLS, lifetime=timedelta(days=9999))
    assert issued.certificate.end_time == authority.end_time


def test_a_thumbprint_is_the_digest_of_the_certificate_itself(authority: Authority) -> None:
    issued = authority.issue(TOOLS)
    digest = x509.load_pem_x509_certificate(issued.chain).fingerprint(SHA256())
    said = issued.certificate.thumbprint
    assert len(said) == 43
    assert base64.urlsafe_b64decode(said + "=") == digest


def test_a_certificate_of_another_authority_is_told_apart(authority: Authority, tmp_path: Path) -> None:
    another = Authority.make(tmp_path / "key", tmp_path / "pem")
    chain = authority.issue(Holder.of_service("intake")).chain
    assert is_issued_by(chain, authority.pem)
    assert is_issued_by(chain, another.pem + authority.pem)
    assert not is_issued_by(chain, another.pem), "the same name and another key"


def test_a_certificate_that_names_no_holder_is_refused() -> None:
    with pytest.raises(ValueError):
        Certificate.read(SomebodyElse().certificate("127.0.0.1").chain)
