"""Over whose certificate a call came, whether that one is still good, and for whom it may speak."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from chassis.caller import SERVICE_ISSUER_PREFIX, Caller
from chassis.certificates import Certificate, HolderKind
from chassis.changing_file import ChangingFile
from kernel.errors import NotAuthenticated

INTERMEDIARIES: Final = frozenset({"console"})
"""Services that bring the calls of people; every other service speaks for itself only."""

_MOST_KNOWN: Final = 10_000


def parse_serials(content: bytes) -> frozenset[str]:
    """The serials of a file of revoked certificates."""
    return frozenset(str(serial) for serial in json.loads(content)["serials"])


class Peers:
    """Reads the certificates of calls, by a file of revoked serials that may change while running."""

    def __init__(self, revoked_file: Path) -> None:
        self._revoked = ChangingFile(revoked_file, parse_serials)
        self._known: dict[bytes, Certificate] = {}

    def certificate_of(self, context: Any) -> Certificate:
        """The certificate over which a call came; the handshake has checked its chain.

        Raises:
            NotAuthenticated: it names nobody of this hub, has ended, or was revoked.
        """
        chain = context.auth_context().get("x509_pem_cert") or ()
        if not chain:
            raise NotAuthenticated(
                "This call came without a certificate; the hub takes calls over one of its own only.",
                reason="CERTIFICATE_MISSING",
            )
        found = self._known.get(chain[0])
        if found is None:
            found = _read(chain[0])
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[chain[0]] = found
        refusal = self.refusal_of(found)
        if refusal is not None:
            raise refusal
        return found

    def refusal_of(self, certificate: Certificate) -> NotAuthenticated | None:
        """Why nothing more is taken over a certificate; None while it is good."""
        if certificate.serial in self._revoked.value:
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


def check_may_speak(certificate: Certificate, caller: Caller) -> None:
    """Lets a caller pass who may come over this certificate.

    An agency's certificate brings that agency's own people, a service's brings the service itself, and the
    console's and the tools' bring people of any agency, whom the assertion then names.

    Raises:
        NotAuthenticated: the certificate is somebody else's, or not the one that the assertion is bound to.
    """
    if caller.certificate_thumbprint not in ("", certificate.thumbprint):
        raise NotAuthenticated(
            "The assertion belongs to another certificate than the one of this connection.",
            reason="CERTIFICATE_MISMATCH",
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
        raise NotAuthenticated(
            "The assertion speaks for somebody else than the certificate of this connection.",
            reason="CERTIFICATE_MISMATCH",
            serial=certificate.serial,
        )


def _read(pem: bytes) -> Certificate:
    try:
        return Certificate.read(pem)
    except ValueError:
        raise NotAuthenticated(
            "The certificate of this connection names nobody of this hub.", reason="CERTIFICATE_UNKNOWN"
        ) from None
