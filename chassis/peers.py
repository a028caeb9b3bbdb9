"""Over whose certificate a call came, whether that one is still good, and for whom it may speak."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog

from chassis.caller import SERVICE_ISSUER_PREFIX, Caller
from chassis.certificates import Certificate, HolderKind
from chassis.changing_file import ChangingFile
from kernel.errors import KemError, NotAuthenticated, Unavailable

INTERMEDIARIES: Final = frozenset({"console"})
"""Services that bring the calls of people; every other service speaks for itself only."""
BY_ITSELF: Final = "x-kem-by-itself"
"""Metadata of a call that an open page makes anew because something has happened."""

_MOST_KNOWN: Final = 10_000

log = structlog.get_logger(__name__)


class WrongCertificate(NotAuthenticated):
    """A good certificate and a good assertion that do not belong together."""

    reason = "CERTIFICATE_MISMATCH"


def parse_serials(content: bytes) -> frozenset[str]:
    """The serials of a file of revoked certificates.

    Raises:
        ValueError: it is no such file.
    """
    said = json.loads(content)
    serials = said.get("serials") if isinstance(said, dict) else None
    if not isinstance(serials, list) or not all(isinstance(serial, str) for serial in serials):
        raise ValueError("this is no list of revoked certificates")
    return frozenset(serials)


class Peers:
    """Reads the certificates of calls, by a file of revoked serials that may change while running."""

    def __init__(self, revoked_file: Path) -> None:
        self._revoked = ChangingFile(revoked_file, parse_serials)
        self._known: dict[bytes, Certificate] = {}
        self._is_list_read = True

    def certificate_of(self, context: Any) -> Certificate:
        """The certificate over which a call came; the handshake has checked its chain.

        Raises:
            NotAuthenticated: it names nobody of this hub, has ended, or was revoked.
            Unavailable: what was revoked cannot be read now.
        """
        pem = _pem_of(context)
        found = self._known.get(pem)
        if found is None:
            found = _read(pem)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[pem] = found
        refusal = self.refusal_of(found)
        if refusal is not None:
            raise refusal
        return found

    def refusal_of(self, certificate: Certificate) -> KemError | None:
        """Why nothing more is taken over a certificate; None while it is good."""
        revoked = self._revoked_serials()
        if revoked is None:
            return Unavailable(
                "The hub cannot see now which certificates were revoked, so it lets nobody in;"
                " please try again."
            )
        if certificate.serial in revoked:
            return NotAuthenticated(
                "Your certificate was revoked; ask KEM for a new one.",
                reason="CERTIFICATE_REVOKED",
                serial=certificate.serial,
            )
        if certificate.end_time <= datetime.now(UTC):
            return NotAuthenticated(
                "Your certificate has expired; ask KEM for a new one.",
                reason="CERTIFICATE_EXPIRED",
                serial=certificate.serial,
            )
        return None

    def _revoked_serials(self) -> frozenset[str] | None:
        try:
            serials = self._revoked.value
        except (OSError, ValueError, RecursionError) as error:
            if self._is_list_read:
                log.error("revoked_certificates_not_read", error=type(error).__name__)
            self._is_list_read = False
            return None
        if not self._is_list_read:
            log.info("revoked_certificates_read")
        self._is_list_read = True
        return serials


def check_may_speak(certificate: Certificate, caller: Caller) -> None:
    """Lets a caller pass who may come over this certificate.

    An agency's certificate brings that agency's own people, a service's brings the service itself, and the
    console's and the tools' bring people of any agency, whom the assertion then names.

    Raises:
        WrongCertificate: it is somebody else's, or not the one that the assertion is bound to.
    """
    if caller.certificate_thumbprint not in ("", certificate.thumbprint):
        raise WrongCertificate(
            "The assertion was issued for another certificate than the one of this connection;"
            " ask for a new assertion over this one.",
            serial=certificate.serial,
        )
    holder = certificate.holder
    if holder.kind is HolderKind.AGENCY:
        is_own = not caller.is_internal and str(caller.agency_id) == holder.name
    elif caller.is_internal:
        is_own = holder.kind is HolderKind.SERVICE and caller.issuer == SERVICE_ISSUER_PREFIX + holder.name
    else:
        is_own = holder.kind is HolderKind.TOOLS or holder.name in INTERMEDIARIES
    if not is_own:
        raise WrongCertificate(
            "The certificate of this connection belongs to somebody else than the call speaks for;"
            " call over your own certificate.",
            serial=certificate.serial,
        )


def asks_by_itself(certificate: Certificate, context: Any) -> bool:
    """Whether an open page asks and nobody in person: an intermediary may say so, and nobody else."""
    return (
        certificate.holder.name in INTERMEDIARIES
        and certificate.holder.kind is HolderKind.SERVICE
        and ((BY_ITSELF, "1") in (context.invocation_metadata() or ()))
    )


def read_certificate(context: Any) -> Certificate:
    """The certificate over which a call came; whether it is still good is not looked at.

    Raises:
        NotAuthenticated: there is none, or it names nobody of this hub.
    """
    return _read(_pem_of(context))


def _pem_of(context: Any) -> bytes:
    chain = context.auth_context().get("x509_pem_cert") or ()
    if not chain:
        raise NotAuthenticated(
            "This call came without a certificate; the hub takes calls over one of its own only.",
            reason="CERTIFICATE_MISSING",
        )
    return bytes(chain[0])


def _read(pem: bytes) -> Certificate:
    try:
        return Certificate.read(pem)
    except ValueError:
        raise NotAuthenticated(
            "The certificate of this connection names nobody of this hub.", reason="CERTIFICATE_UNKNOWN"
        ) from None
