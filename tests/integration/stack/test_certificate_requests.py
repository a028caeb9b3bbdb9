"""An agency's own request: its key is signed and never is here; whom a certificate is for the hub says."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from chassis.certificates import Holder, HolderKind, is_issued_by, is_key_of
from tools.certificates.authority import LIFETIMES
from tools.certificates.office import CertificateOffice
from tools.certificates.registry import RevocationReason
from tools.certificates.words import print_handed_over
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout

AGENCY = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")


@pytest.fixture
def office(tmp_path: Path) -> CertificateOffice:
    layout = Layout(tmp_path / "data")
    layout.make()
    return CertificateOffice(layout)


def request_by(key: CertificateIssuerPrivateKeyTypes) -> bytes:
    """A request that asks for more than is theirs: to be a service of the hub, and an authority."""
    names = [
        x509.UniformResourceIdentifier(Holder.of_service("intake").uri),
        x509.DNSName("intake.kem.athens"),
    ]
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "intake")]))
        .add_extension(x509.SubjectAlternativeName(names), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    hashed = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    return builder.sign(key, hashed).public_bytes(Encoding.PEM)


def pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def on_a_stick(folder: Path, content: bytes) -> Path:
    (folder / "stick").mkdir(exist_ok=True)
    file = folder / "stick" / "sample.csr"
    file.write_bytes(content)
    return file


def test_a_request_gets_a_certificate_over_its_own_key_for_whom_the_hub_says(
    office: CertificateOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    made = office.issue(AGENCY, "SAMPLE", request=on_a_stick(tmp_path, request_by(key)))
    assert {file.name for file in made.folder.iterdir()} == {
        "sample.csr",
        "certificate.pem",
        "authorities.pem",
    }
    chain = (made.folder / "certificate.pem").read_bytes()
    assert is_key_of(pem_of(key), chain)
    assert is_issued_by(chain, (made.folder / "authorities.pem").read_bytes())
    signed = x509.load_pem_x509_certificate(chain)
    names = signed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(names) == [x509.UniformResourceIdentifier(Holder.of_agency(AGENCY).uri)]
    assert signed.subject == x509.Name([])
    assert not signed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not any(
        b"PRIVATE" in file.read_bytes() for file in tmp_path.rglob("*") if file.parent == made.folder
    )
    print_handed_over("SAMPLE", made)
    said = capsys.readouterr().out
    assert "key.pem" not in said
    assert "private key is the agency's alone" in said


def test_renewing_takes_a_request_as_well_and_the_earlier_certificate_stays(
    office: CertificateOffice, tmp_path: Path
) -> None:
    first = office.issue(AGENCY, "SAMPLE", tmp_path / "first")
    key = ec.generate_private_key(ec.SECP384R1())
    second = office.renew("SAMPLE", tmp_path / "second", on_a_stick(tmp_path, request_by(key)))
    assert is_key_of(pem_of(key), (second.folder / "certificate.pem").read_bytes())
    assert second.certificate.holder == first.certificate.holder
    assert [entry.revoked_time for entry in office.registry.entries()] == [None, None]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (ec.generate_private_key(ec.SECP521R1()), "P-256 or P-384"),
        (ec.generate_private_key(ec.SECP256K1()), "P-256 or P-384"),
        (ed25519.Ed25519PrivateKey.generate(), "P-256 or P-384"),
        (rsa.generate_private_key(65537, 2048), "RSA of 3072 bits at least"),
        (rsa.generate_private_key(3, 3072), "RSA of 3072 bits at least"),
    ],
    ids=["P-521", "secp256k1", "Ed25519", "RSA of 2048", "RSA with 3"],
)
def test_a_key_that_is_too_weak_or_that_the_doors_do_not_know_is_refused_with_what_to_do(
    office: CertificateOffice, tmp_path: Path, key: CertificateIssuerPrivateKeyTypes, words: str
) -> None:
    with pytest.raises(StackFailure, match=words) as caught:
        office.issue(AGENCY, "SAMPLE", request=on_a_stick(tmp_path, request_by(key)))
    assert "openssl req -new" in caught.value.sentence
    assert office.registry.entries() == []


def test_what_is_no_request_is_refused_and_a_private_key_is_never_taken(
    office: CertificateOffice, tmp_path: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    good = request_by(key)
    signature_of_others = x509.load_pem_x509_csr(good).public_bytes(Encoding.DER)[:-1] + b"\0"
    forged = _pem(signature_of_others)
    for content, words in (
        (b"", "no certificate request"),
        (b"x" * 70_000, "no certificate request"),
        (good.replace(b"REQUEST", b"REQUEST X"), "no certificate request"),
        (good[: len(good) // 2], "no certificate request"),
        (pem_of(key), "holds a private key"),
        (good + pem_of(key), "holds a private key"),
        (forged, "not signed by the key that it is for"),
    ):
        with pytest.raises(StackFailure, match=words):
            office.issue(AGENCY, "SAMPLE", request=on_a_stick(tmp_path, content))
    with pytest.raises(StackFailure, match="cannot be read"):
        office.issue(AGENCY, "SAMPLE", request=tmp_path / "nowhere.csr")
    assert office.registry.entries() == []


def _pem(der: bytes) -> bytes:
    import base64

    body = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE REQUEST-----\n" + body + b"-----END CERTIFICATE REQUEST-----\n"


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_issued(
    office: CertificateOffice, tmp_path: Path
) -> None:
    request = on_a_stick(tmp_path, request_by(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(StackFailure, match=r"cannot be written .*; name another folder"):
        office.issue(AGENCY, "SAMPLE", folder=request / "below", request=request)
    assert office.registry.entries() == []


def test_a_certificate_is_not_put_beside_a_private_key_that_lies_there_already(
    office: CertificateOffice, tmp_path: Path
) -> None:
    """It would be taken for the certificate's own, or is the agency's and should never have come here."""
    first = office.issue(AGENCY, "SAMPLE", tmp_path / "first")
    chain = (first.folder / "certificate.pem").read_bytes()
    request = on_a_stick(tmp_path, request_by(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(StackFailure, match=r"key\.pem lies in .*: name another folder by --out"):
        office.renew("SAMPLE", first.folder, request)
    assert (first.folder / "certificate.pem").read_bytes() == chain
    assert len(office.registry.entries()) == 1


@pytest.mark.parametrize(
    ("reason", "is_taken"),
    [
        (RevocationReason.KEY_COMPROMISED, False),
        (RevocationReason.KEY_LOST, False),
        (RevocationReason.REPLACED, True),
    ],
)
def test_a_key_that_somebody_else_may_have_is_not_signed_again(
    office: CertificateOffice, tmp_path: Path, reason: RevocationReason, is_taken: bool
) -> None:
    request = on_a_stick(tmp_path, request_by(ec.generate_private_key(ec.SECP256R1())))
    office.issue(AGENCY, "SAMPLE", request=request)
    office.revoke("SAMPLE", reason)
    if is_taken:
        office.issue(AGENCY, "SAMPLE", request=request)
    else:
        with pytest.raises(StackFailure, match=f"revoked as {reason}: ask the agency for a request over"):
            office.issue(AGENCY, "SAMPLE", request=request)
    assert len(office.registry.entries()) == 1 + is_taken


@pytest.mark.parametrize(
    ("reason", "ends"), [(RevocationReason.KEY_LOST, True), (RevocationReason.REPLACED, False)]
)
def test_a_key_that_is_given_up_takes_every_certificate_over_it_along(
    office: CertificateOffice, tmp_path: Path, reason: RevocationReason, ends: bool
) -> None:
    """Renewed over the same request, it has two; whoever has the key would get in by the other one."""
    request = on_a_stick(tmp_path, request_by(ec.generate_private_key(ec.SECP256R1())))
    first = office.issue(AGENCY, "SAMPLE", request=request).certificate.serial
    second = office.renew("SAMPLE", request=request).certificate.serial
    other = office.renew("SAMPLE", tmp_path / "other").certificate.serial
    revoked = [entry.serial for entry in office.revoke(second, reason)]
    assert revoked == ([first, second] if ends else [second])
    in_force = [entry.serial for entry in office.registry.entries() if entry.revoked_time is None]
    assert in_force == [one for one in (first, second, other) if one not in revoked]


def test_a_key_that_is_found_given_up_later_is_so_and_since_when_it_was_revoked_stays(
    office: CertificateOffice, tmp_path: Path
) -> None:
    """Often it is found only after a certificate was replaced that somebody had its key."""
    request = on_a_stick(tmp_path, request_by(ec.generate_private_key(ec.SECP256R1())))
    first = office.issue(AGENCY, "SAMPLE", request=request).certificate.serial
    second = office.renew("SAMPLE", request=request).certificate.serial
    office.revoke(first, RevocationReason.REPLACED)
    since = {one.serial: one.revoked_time for one in office.registry.entries()}[first]
    found = office.revoke(first, RevocationReason.KEY_COMPROMISED)
    assert [entry.serial for entry in found] == [first, second]
    entries = {one.serial: one for one in office.registry.entries()}
    assert {one.reason for one in entries.values()} == {"KEY_COMPROMISED"}
    assert entries[first].revoked_time == since
    with pytest.raises(StackFailure, match="revoked as KEY_COMPROMISED: ask the agency for a request over"):
        office.issue(AGENCY, "SAMPLE", request=request)


@pytest.mark.parametrize(
    ("said", "later", "is_taken"),
    [
        (RevocationReason.REPLACED, RevocationReason.KEY_LOST, True),
        (RevocationReason.KEY_LOST, RevocationReason.KEY_COMPROMISED, True),
        (RevocationReason.KEY_COMPROMISED, RevocationReason.KEY_LOST, False),
        (RevocationReason.KEY_COMPROMISED, RevocationReason.KEY_COMPROMISED, False),
        (RevocationReason.KEY_LOST, RevocationReason.REPLACED, False),
        (RevocationReason.REPLACED, RevocationReason.AGENCY_LEFT, False),
    ],
)
def test_a_reason_is_corrected_to_a_worse_one_only(
    office: CertificateOffice, tmp_path: Path, said: RevocationReason, later: RevocationReason, is_taken: bool
) -> None:
    serial = office.issue(AGENCY, "SAMPLE", tmp_path / "one").certificate.serial
    office.revoke(serial, said)
    if is_taken:
        office.revoke(serial, later)
    else:
        with pytest.raises(StackFailure, match=f"was revoked as {said} already"):
            office.revoke(serial, later)
    assert [entry.reason for entry in office.registry.entries()] == [later if is_taken else said]


def test_by_an_agencys_code_nothing_is_said_of_keys_that_were_replaced(
    office: CertificateOffice, tmp_path: Path
) -> None:
    replaced = office.issue(AGENCY, "SAMPLE", tmp_path / "one").certificate.serial
    office.revoke(replaced, RevocationReason.REPLACED)
    lost = office.issue(AGENCY, "SAMPLE", tmp_path / "other").certificate.serial
    office.revoke("SAMPLE", RevocationReason.KEY_LOST)
    reasons = {entry.serial: entry.reason for entry in office.registry.entries()}
    assert reasons == {replaced: "REPLACED", lost: "KEY_LOST"}
    with pytest.raises(StackFailure, match="name the serial"):
        office.revoke("SAMPLE", RevocationReason.KEY_COMPROMISED)


def test_the_key_of_a_certificate_that_has_ended_can_be_given_up_too(
    office: CertificateOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    request = on_a_stick(tmp_path, request_by(key))
    monkeypatch.setitem(LIFETIMES, HolderKind.AGENCY, timedelta(seconds=0))
    ended = office.issue(AGENCY, "SAMPLE", request=request).certificate.serial
    monkeypatch.undo()
    with pytest.raises(StackFailure, match="No certificate in force"):
        office.revoke(ended, RevocationReason.REPLACED)
    office.revoke(ended, RevocationReason.KEY_COMPROMISED)
    with pytest.raises(StackFailure, match="revoked as KEY_COMPROMISED"):
        office.issue(AGENCY, "SAMPLE", request=request)
