"""One authority for all servers and clients of a test session, and whoever's certificates they need."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from chassis.certificates import TOOLS, Holder
from chassis.tls import TlsFiles
from tools.certificates.authority import Authority


@cache
def authority() -> Authority:
    """The session's own."""
    return Authority.make(_folder() / "authority.key", _folder() / "authorities.pem")


@cache
def files_of(holder: Holder) -> TlsFiles:
    """A certificate that is good for the whole session."""
    issued = authority().issue(holder)
    file = _folder() / f"{holder.kind}-{holder.name}.pem"
    file.write_bytes(issued.key + issued.chain)
    return TlsFiles(file, file, _folder() / "authorities.pem")


def tools_files() -> TlsFiles:
    """What brings the calls of people."""
    return files_of(TOOLS)


def service_files(name: str) -> TlsFiles:
    return files_of(Holder.of_service(name))


@cache
def no_revoked_certificates() -> Path:
    """A file of revoked serials without any."""
    file = _folder() / "revoked.json"
    file.write_text('{"serials": []}')
    return file


def certificate_fields(service: str) -> dict[str, Any]:
    """The settings of a service that say where its certificates are."""
    files = service_files(service)
    return {
        "certificate_file": files.certificate,
        "authorities_file": files.authorities,
        "revoked_certificates_file": no_revoked_certificates(),
    }


def certificate_environment(service: str) -> dict[str, str]:
    """The same for a process of its own."""
    files = service_files(service)
    return {
        f"KEM_{service.upper()}_CERTIFICATE_FILE": str(files.certificate),
        "KEM_AUTHORITIES_FILE": str(files.authorities),
        "KEM_REVOKED_CERTIFICATES_FILE": str(no_revoked_certificates()),
    }


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="kem-test-certificates-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
