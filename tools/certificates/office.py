"""Issues, renews and revokes on one data folder."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography import x509

from chassis.certificates import TOOLS, Certificate, Holder, HolderKind, is_issued_by, is_key_of
from chassis.tls import TlsFiles
from tools.certificates.authority import KAFKA, LIFETIMES, Authority, subject_of
from tools.certificates.registry import CertificateState, Entry, Registry, RevocationReason
from tools.certificates.request import read_request
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout, write_secret

WARNINGS: Final = {
    HolderKind.AGENCY: timedelta(days=14),
    HolderKind.SERVICE: timedelta(days=7),
    HolderKind.TOOLS: timedelta(days=7),
}
"""So long before its end a certificate is told of: the hub's own are renewed by themselves before."""
_BEGIN_ANEW: Final = (
    "move the folder away; then ./kem up makes a new authority, and every agency needs a new certificate."
)
_KEY_GIVEN_UP: Final = frozenset(one for one in RevocationReason if one.gives_key_up)
_KEY, _CHAIN, _AUTHORITIES = "key.pem", "certificate.pem", "authorities.pem"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What was issued for an agency, and where it lies; `has_key` says whether with its private key."""

    certificate: Certificate
    folder: Path
    has_key: bool


class CertificateOffice:
    """The authority of one data folder, which is made when it is first needed."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.registry = Registry(
            layout.certificate_registry, layout.revoked_certificates, layout.certificate_register
        )

    def write_own(self, services: list[str]) -> list[str]:
        """Sees to it that services and tools have a certificate that is good for a while. Repeat-safe.

        Returns:
            Who has got a new one.

        Raises:
            StackFailure: a part of the authority is missing or damaged.
        """
        authority = self._authority()
        if not self._layout.authorities.exists() or self._layout.authorities.read_bytes() != authority.pem:
            write_secret(self._layout.authorities, authority.pem)
        self.registry.write_out()
        revoked = {entry.serial for entry in self.registry.entries() if entry.revoked_time is not None}
        renewed = []
        for holder in (TOOLS, *(Holder.of_service(name) for name in services)):
            file = self._layout.certificate(holder.name or holder.kind)
            file.parent.mkdir(mode=0o700, exist_ok=True)
            former = self._layout.certificates / f"{file.parent.name}.pem"
            if former.exists():  # where all of them lay once
                former.replace(file)
            if _is_good(file, holder, authority, revoked):
                continue
            issued = authority.issue(holder)
            self.registry.add_issued(issued.certificate, holder.name or holder.kind)
            write_secret(file, issued.key + issued.chain)
            renewed.append(holder.name or str(holder.kind))
        return renewed

    def services_ever(self) -> frozenset[str]:
        """The services that ever had a certificate, also those that this version does not know."""
        entries = self.registry.entries()
        return frozenset(one.holder.name for one in entries if one.holder.kind is HolderKind.SERVICE) - {
            KAFKA.name
        }

    def issue(
        self, agency_id: UUID, code: str, folder: Path | None = None, request: Path | None = None
    ) -> HandedOver:
        """A certificate for an agency, in files that its people take away; earlier ones stay in force.

        Args:
            folder: without it the agency's own here, or that of the request.
            request: over its key, whose private half is the agency's alone; without it over a fresh one.

        Raises:
            StackFailure: the request is none, or asks for a key that is too weak, or was given up; or the
                folder cannot be written, or holds another key.
        """
        key = read_request(request) if request else None
        folder = folder or (request.parent if request else self._layout.agency_certificate(code))
        if key is not None and (folder / _KEY).exists():
            raise StackFailure(
                f"A private key {_KEY} lies in {folder}: name another folder by --out. If it is the agency's,"
                " delete it here, and have them make another one and send a request over that.",
                2,
            )
        authority = self._authority()
        issued = authority.issue(Holder.of_agency(agency_id), public_key=key)
        self._refuse_given_up(issued.certificate.key_digest)
        try:  # a stick may be there to be read only
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_secret(folder / _AUTHORITIES, authority.pem)
        except OSError as error:
            raise StackFailure(
                f"{folder} cannot be written ({error.strerror}); name another folder.", 2
            ) from None
        self.registry.add_issued(issued.certificate, code)
        if issued.key:
            write_secret(folder / _KEY, issued.key)
        write_secret(folder / _CHAIN, issued.chain)
        return HandedOver(issued.certificate, folder, has_key=bool(issued.key))

    def _refuse_given_up(self, key_digest: str) -> None:
        """Whoever may have somebody's key would get in again by another certificate over it."""
        for entry in self.registry.entries():
            if entry.key_digest == key_digest and entry.reason in _KEY_GIVEN_UP:
                raise StackFailure(
                    f"This key is that of the certificate with serial {entry.serial}, which was revoked as"
                    f" {entry.reason}: ask the agency for a request over another key.",
                    2,
                )

    def renew(self, code: str, folder: Path | None = None, request: Path | None = None) -> HandedOver:
        """Another certificate for an agency that has one; the earlier one stays in force until it ends.

        Raises:
            StackFailure: the agency never had one, or all that it had were revoked, or as with `issue`.
        """
        found = [entry for entry in self._of(code) if entry.revoked_time is None]
        if not found:
            raise StackFailure(f"{code} has no certificate to renew; ./kem certs issue {code} makes one.", 2)
        return self.issue(UUID(found[-1].holder.name), code, folder, request)

    def revoke(self, whose: str, reason: RevocationReason) -> list[Entry]:
        """Revokes all certificates of an agency, or the one with a serial; and where the key itself is given
        up, all the others over it. By its serial that can be said also of one that has ended, or was revoked
        for a lesser reason; of an agency's it is meant of those in force, not of keys that were replaced.

        Returns:
            Them, as they were before.

        Raises:
            StackFailure: there is none that could be revoked.
        """
        now = datetime.now(UTC)
        entries = self.registry.entries()
        of_agency, one = self._of(whose), self._with_serial(whose)
        named = {entry.serial for entry in of_agency or one}
        in_force = {entry.serial for entry in entries if entry.state(now) is CertificateState.IN_FORCE}
        wanted = named & in_force
        if reason.gives_key_up:
            if not of_agency:
                wanted |= {entry.serial for entry in one if reason.is_worse_than(entry.reason)}
            keys = {entry.key_digest for entry in entries if entry.serial in wanted} - {""}
            wanted |= {entry.serial for entry in entries if entry.key_digest in keys} & in_force
        if not wanted:
            if self.registry.is_begun():
                self.registry.write_out()  # an earlier try may have ended between its record and this
            raise StackFailure(_why_none(whose, of_agency, one), 2)
        found = [entry for entry in entries if entry.serial in wanted]
        self.registry.revoke([entry.serial for entry in found], reason)
        return found

    def of_a_sitting(self, agency_id: UUID, code: str, folder: Path | None = None) -> TlsFiles:
        """The files with which somebody sits at an agency's terminal on this machine.

        An agency that never had a certificate gets its first one; who had one and has it no more does not.

        Raises:
            StackFailure: it was given away, or revoked, or is another agency's.
        """
        folder = folder or self._layout.agency_certificate(code)
        if not (folder / _CHAIN).exists():
            if self._of(code):
                raise StackFailure(
                    f"The certificate of {code} is not in {folder}: name its folder by --certificate,"
                    f" or make another one by ./kem certs issue {code}."
                )
            self.issue(agency_id, code, folder)
        if _holder_in(folder / _CHAIN) not in (None, Holder.of_agency(agency_id)):
            raise StackFailure(f"The certificate in {folder} is not {code}'s; name another folder.")
        return TlsFiles(folder / _KEY, folder / _CHAIN, folder / _AUTHORITIES)

    def ending(self, now: datetime | None = None) -> list[Entry]:
        """Each holder's newest certificate, where it ends soon or has ended and nobody has revoked it."""
        now = now or datetime.now(UTC)
        newest = {entry.holder: entry for entry in self.registry.entries() if entry.revoked_time is None}
        return [one for one in newest.values() if abs(one.end_time - now) <= WARNINGS[one.holder.kind]]

    def _authority(self) -> Authority:
        folder = self._layout.authority
        try:
            authority = self._read_or_make()
        except ValueError:
            raise StackFailure(
                f"What lies in {folder} is damaged, or does not belong together: bring it back from its copy."
            ) from None
        if not authority.begin_time <= datetime.now(UTC) < authority.end_time:
            raise StackFailure(
                f"The authority in {folder} is good from {authority.begin_time:%Y-%m-%d} until"
                f" {authority.end_time:%Y-%m-%d}: look at this machine's clock. Is that right, {_BEGIN_ANEW}"
            )
        return authority

    def _read_or_make(self) -> Authority:
        """Nothing is made in the place of what was lost: agencies would be locked out, or let in again."""
        layout = self._layout
        key, own = layout.authority_key, layout.authority_certificate
        with self.registry.held():
            there = [file.exists() for file in (layout.certificate_registry, key, own)]
            if not any(there):
                self.registry.begin()
                return Authority.make(key, own)
            if there[0] and not self.registry.is_begun():  # a first time that broke off
                return Authority.make(key, own)
            if not all(there):
                raise StackFailure(
                    f"A part of {layout.authority} is missing: bring it back from its copy, whole."
                    f" Is there none, {_BEGIN_ANEW}"
                )
            return Authority(key, own)

    def _of(self, code: str) -> list[Entry]:
        agencies = [one for one in self.registry.entries() if one.holder.kind is HolderKind.AGENCY]
        return [one for one in agencies if one.code == code.upper()]

    def _with_serial(self, serial: str) -> list[Entry]:
        plain = serial.lower().replace(":", "").lstrip("0")  # as other programs write it
        return [one for one in self.registry.entries() if one.serial == plain]


def _why_none(whose: str, of_agency: list[Entry], one: list[Entry]) -> str:
    worse = " and ".join(sorted(_KEY_GIVEN_UP))
    if of_agency:
        return (
            f"No certificate in force is {whose}'s. Where the key of one that has ended or was revoked is"
            f" given up ({worse}), name the serial; see ./kem certs list."
        )
    if one and one[0].reason:
        return (
            f"The certificate with this serial was revoked as {one[0].reason} already; a reason is corrected"
            f" to a worse one only ({worse})."
        )
    return f"No certificate in force is {whose}'s or has that serial; see ./kem certs list."


def _holder_in(file: Path) -> Holder | None:
    """Whose certificate it is; None where it is not one."""
    try:
        return Certificate.read(file.read_bytes()).holder
    except (OSError, ValueError):
        return None


def _is_good(file: Path, holder: Holder, authority: Authority, revoked: set[str]) -> bool:
    """Whether a certificate of ours may stay: it has a third of its life yet."""
    try:
        pem = file.read_bytes()
        found = Certificate.read(pem)
        if not is_key_of(pem, pem):
            return False
    except (OSError, ValueError):
        return False
    needed = LIFETIMES[holder.kind].total_seconds() / 3
    return (
        found.holder == holder
        and found.begin_time <= datetime.now(UTC)
        and found.seconds_left() > needed
        and found.serial not in revoked
        and is_issued_by(pem, authority.pem)
        and x509.load_pem_x509_certificate(pem).subject == subject_of(holder)
    )
