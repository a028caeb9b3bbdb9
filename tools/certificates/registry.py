"""What happened to each certificate: lines that are only ever added to, and what follows from them."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from chassis.certificates import Certificate, Holder
from tools.stack.layout import write_secret


class RevocationReason(StrEnum):
    """Why a certificate is revoked."""

    KEY_COMPROMISED = "KEY_COMPROMISED"
    KEY_LOST = "KEY_LOST"
    AGENCY_LEFT = "AGENCY_LEFT"
    REPLACED = "REPLACED"
    ISSUED_IN_ERROR = "ISSUED_IN_ERROR"


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
    end_time: datetime
    revoked_time: datetime | None = None
    reason: str = ""

    def state(self, now: datetime) -> CertificateState:
        if self.revoked_time is not None:
            return CertificateState.REVOKED
        return CertificateState.EXPIRED if self.end_time <= now else CertificateState.IN_FORCE


class Registry:
    """The registry's file, and the file of revoked serials that the services look at.

    Both are written under a lock: `./kem up` and `./kem certs` may be at it together.
    """

    def __init__(self, file: Path, revoked_file: Path) -> None:
        self._file = file
        self._revoked_file = revoked_file

    def entries(self) -> list[Entry]:
        """Every certificate that was ever issued, the oldest first."""
        if not self._file.exists():
            return []
        found: dict[str, Entry] = {}
        for line in self._file.read_text().splitlines():
            said = json.loads(line)
            if said["event"] == "CertificateIssued":
                found[said["serial"]] = Entry(
                    serial=said["serial"],
                    holder=Holder.parse(said["holder"]),
                    code=said["code"],
                    issued_time=datetime.fromisoformat(said["event_time"]),
                    end_time=datetime.fromisoformat(said["end_time"]),
                )
            else:
                found[said["serial"]] = replace(
                    found[said["serial"]],
                    revoked_time=datetime.fromisoformat(said["event_time"]),
                    reason=said["reason"],
                )
        return list(found.values())

    def add_issued(self, certificate: Certificate, code: str) -> None:
        """Notes a new certificate."""
        with self._held():
            self._add(
                event="CertificateIssued",
                serial=certificate.serial,
                holder=certificate.holder.uri,
                code=code,
                end_time=certificate.end_time.isoformat(),
            )

    def revoke(self, serials: list[str], reason: RevocationReason) -> None:
        """Revokes certificates; running services take no call over them within a second. Repeat-safe."""
        with self._held():
            known = {entry.serial for entry in self.entries() if entry.revoked_time is None}
            for serial in serials:
                if serial in known:
                    self._add(event="CertificateRevoked", serial=serial, reason=reason.value)
            self._write_revoked()

    def write_revoked(self) -> None:
        """Writes the file of revoked serials anew from the registry; an expired one need not be in it."""
        with self._held():
            self._write_revoked()

    def _write_revoked(self) -> None:
        now = datetime.now(UTC)
        serials = sorted(
            entry.serial
            for entry in self.entries()
            if entry.revoked_time is not None and entry.end_time > now
        )
        content = json.dumps({"serials": serials}, indent=1)
        if not self._revoked_file.exists() or self._revoked_file.read_text() != content:
            write_secret(self._revoked_file, content)

    def _add(self, **said: Any) -> None:
        line = json.dumps({"event_time": datetime.now(UTC).isoformat()} | said)
        with open(os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _held(self) -> Iterator[None]:
        lock = os.open(self._file.with_suffix(".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
