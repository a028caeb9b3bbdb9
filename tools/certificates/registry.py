"""What happened to each certificate: lines that are only ever added to, and what follows from them."""

import errno
import fcntl
import json
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from chassis.certificates import Certificate, Holder
from tools.stack.failure import StackFailure
from tools.stack.layout import write_secret


class RevocationReason(StrEnum):
    """Why a certificate is revoked."""

    KEY_COMPROMISED = "KEY_COMPROMISED"
    KEY_LOST = "KEY_LOST"
    AGENCY_LEFT = "AGENCY_LEFT"
    REPLACED = "REPLACED"
    ISSUED_IN_ERROR = "ISSUED_IN_ERROR"

    @property
    def gives_key_up(self) -> bool:
        """Whether somebody else has the key, or may have it."""
        return self in (self.KEY_LOST, self.KEY_COMPROMISED)

    def is_worse_than(self, said: str) -> bool:
        """Whether it says more against the key than the reason that was said, which it may then correct."""
        if self is self.KEY_COMPROMISED:
            return said != self
        return self is self.KEY_LOST and said not in (self.KEY_LOST, self.KEY_COMPROMISED)


class CertificateState(StrEnum):
    """What a certificate is worth now."""

    IN_FORCE = "IN_FORCE"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True)
class Entry:
    """One certificate: whose, from when to when, and whether it was revoked."""

    serial: str
    holder: Holder
    code: str
    """The agency's code, or the service's name, for people."""
    issued_time: datetime
    issued_by: str
    """The account at this machine that asked for it."""
    end_time: datetime
    key_digest: str = ""
    """Of its public key; empty for what was issued before that was noted."""
    revoked_time: datetime | None = None
    revoked_by: str = ""
    reason: str = ""

    def state(self, now: datetime) -> CertificateState:
        if self.revoked_time is not None:
            return CertificateState.REVOKED
        return CertificateState.EXPIRED if self.end_time <= now else CertificateState.IN_FORCE


class Registry:
    """The registry's file, the file of revoked serials that the services look at, and what is told of each.

    All are written under a lock: `./kem up` and `./kem certs` may be at it together.
    """

    def __init__(self, file: Path, revoked_file: Path, register_file: Path) -> None:
        self._file = file
        self._revoked_file = revoked_file
        self._register_file = register_file

    def entries(self) -> list[Entry]:
        """Every certificate that was ever issued, the oldest first.

        Raises:
            StackFailure: the file was changed by somebody else.
        """
        try:
            events = self._events()
            revoked = {said["serial"]: said for said in events if said["event"] == "CertificateRevoked"}
            corrected = {said["serial"]: said for said in events if said["event"] == "RevocationCorrected"}
            issued = (said for said in events if said["event"] == "CertificateIssued")
            return [
                _entry(said, revoked.get(said["serial"]), corrected.get(said["serial"])) for said in issued
            ]
        except (ValueError, KeyError, TypeError):
            raise StackFailure(
                f"{self._file} says something that this version of KEM does not know, or was changed by hand:"
                " bring that file back from its copy."
            ) from None

    def is_begun(self) -> bool:
        """Whether a certificate was ever issued."""
        return self._file.exists() and self._file.stat().st_size > 0

    def begin(self) -> None:
        """Makes the empty file, by which a registry that was lost is told from one that has nothing yet."""
        self._append(b"")

    def add_issued(self, certificate: Certificate, code: str) -> None:
        """Notes a new certificate."""
        with self.held():
            self._add(
                event="CertificateIssued",
                serial=certificate.serial,
                holder=certificate.holder.uri,
                code=code,
                end_time=certificate.end_time.isoformat(),
                key_digest=certificate.key_digest,
            )
            self._write_out()

    def revoke(self, serials: list[str], reason: RevocationReason) -> None:
        """Revokes certificates; running services take no call over them within a second. Of those that were
        revoked before, the reason is corrected to a worse one, never to a better one; since when they are
        revoked stays. Repeat-safe.
        """
        with self.held():
            said = {entry.serial: entry.reason for entry in self.entries() if entry.revoked_time is not None}
            for serial in serials:
                if serial not in said:
                    self._add(event="CertificateRevoked", serial=serial, reason=reason.value)
                elif reason.is_worse_than(said[serial]):
                    self._add(event="RevocationCorrected", serial=serial, reason=reason.value)
            self._write_out()

    def write_out(self) -> None:
        """Writes anew what follows from the registry: the revoked serials, without those that have expired,
        and what is told of each certificate.
        """
        with self.held():
            self._write_out()

    def _write_out(self) -> None:
        now, entries = datetime.now(UTC), self.entries()
        revoked = sorted(one.serial for one in entries if one.revoked_time is not None and one.end_time > now)
        _replace(self._revoked_file, json.dumps({"serials": revoked}, indent=1))
        register = {"certificates": [_told(entry) for entry in entries]}
        _replace(self._register_file, json.dumps(register, indent=1))

    def _events(self) -> list[dict[str, Any]]:
        """What was written down. A line that does not end was never finished, and what it says never done."""
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def _add(self, **said: Any) -> None:
        line = json.dumps({"event_time": datetime.now(UTC).isoformat(), "by": _account()} | said)
        # what broke off before it is a line of its own
        self._append(f"\n{line}\n".encode())

    def _append(self, content: bytes) -> None:
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if os.write(descriptor, content) != len(content):
                raise OSError(errno.ENOSPC, "only a part of a line was taken", str(self._file))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps everybody else from changing anything; not to be asked for twice at once."""
        lock = os.open(self._file.with_suffix(".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _entry(issued: dict[str, Any], revoked: dict[str, Any] | None, corrected: dict[str, Any] | None) -> Entry:
    return Entry(
        serial=issued["serial"],
        holder=Holder.parse(issued["holder"]),
        code=issued["code"],
        issued_time=datetime.fromisoformat(issued["event_time"]),
        issued_by=issued["by"],
        end_time=datetime.fromisoformat(issued["end_time"]),
        key_digest=issued.get("key_digest", ""),
        revoked_time=datetime.fromisoformat(revoked["event_time"]) if revoked else None,
        revoked_by=revoked["by"] if revoked else "",
        reason=(corrected or revoked)["reason"] if revoked else "",
    )


def _told(entry: Entry) -> dict[str, str]:
    """Of whom the ledger may tell: neither the agency's code nor who asked at this machine."""
    return {
        "serial": entry.serial,
        "holder": entry.holder.uri,
        "issued_time": entry.issued_time.isoformat(),
        "end_time": entry.end_time.isoformat(),
        "revoked_time": entry.revoked_time.isoformat() if entry.revoked_time else "",
        "reason": entry.reason,
    }


def _replace(file: Path, content: str) -> None:
    if not file.exists() or file.read_text() != content:
        write_secret(file, content)


def _account() -> str:
    """Who acts at this machine: behind sudo whoever asked for it."""
    asked = os.environ.get("SUDO_USER")
    if asked:
        return asked
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's, that has no name
        return str(os.getuid())
