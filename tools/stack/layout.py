"""Where a stack keeps what: one data folder, `.kem/` unless told otherwise."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chassis.tls import TlsFiles
from tools.stack.failure import StackFailure

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("KEM_DATA") or ROOT / ".kem")
"""The data folder of the commands; the environment variable KEM_DATA names another one."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The places in one data folder. Secrets are files of mode 0600 in folders of mode 0700."""

    data: Path

    @property
    def secrets(self) -> Path:
        """Passwords, private keys, and the URLs that hold passwords."""
        return self.data / "secrets"

    @property
    def keys(self) -> Path:
        """Intake's keys over people's data: beside the database, never in it, never in a backup of it."""
        return self.data / "keys"

    @property
    def tombstones(self) -> Path:
        """Who was erased: beside the root key, because it has to outlive every backup of the database."""
        return self.keys / "tombstones"

    @property
    def token(self) -> Path:
        """The vault's PKCS#11 token, where SoftHSM2 keeps it: root key and epochs, and the PIN."""
        return self.data / "token"

    @property
    def token_file(self) -> Path:
        """Which token holds intake's keys (JSON without secrets), where one does."""
        return self.token / "token.json"

    @property
    def sample_city_mark(self) -> Path:
        """There once the directory was filled, or came with a backup."""
        return self.postgres / "sample-city-loaded"

    @property
    def sample_staff_mark(self) -> Path:
        """There once the sample city's staff have accounts, or came with a backup."""
        return self.postgres / "sample-staff-opened"

    @property
    def postgres(self) -> Path:
        return self.data / "postgres"

    @property
    def kafka(self) -> Path:
        """Apache Kafka's files, where the hub runs on it: events of the last days, and groups' offsets."""
        return self.data / "kafka"

    @property
    def choice_file(self) -> Path:
        """On which broker and database this hub runs (JSON without secrets)."""
        return self.data / "runs-on.json"

    @property
    def fill_mark(self) -> Path:
        """There while the broker may lack events that were sent once."""
        return self.data / "broker-to-fill"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def work(self) -> Path:
        """Where services may leave what they need no more when they end."""
        return self.data / "work"

    @property
    def run_file(self) -> Path:
        """What runs now: processes and addresses, as JSON without secrets."""
        return self.data / "run.json"

    @property
    def wanted_file(self) -> Path:
        """What the supervisor is to send to the broker again (JSON), while somebody asks for it."""
        return self.data / "replay.json"

    @property
    def ask_file(self) -> Path:
        """Locked by whoever asks the supervisor for something."""
        return self.data / "ask.lock"

    @property
    def lock_file(self) -> Path:
        return self.data / "lock"

    @property
    def issuer_key(self) -> Path:
        """Ed25519 key (PEM) with which this machine vouches for staff until there is sign-in."""
        return self.secrets / "issuer.pem"

    @property
    def staff_issuer_key(self) -> Path:
        """Ed25519 key (PEM) with which access vouches for whoever has signed in."""
        return self.secrets / "staff-issuer.pem"

    @property
    def sign_in(self) -> Path:
        """What access needs and no backup of the database brings; with the keys it is copied elsewhere."""
        return self.data / "sign-in"

    @property
    def sign_in_key(self) -> Path:
        """From which access' secrets in the database follow: without it no authenticator is known."""
        return self.sign_in / "sign-in.key"

    @property
    def closed_accounts(self) -> Path:
        """Which accounts of staff were closed, whatever a backup says; empty where none ever was."""
        return self.sign_in / "closed-accounts"

    @property
    def ledger_key(self) -> Path:
        """With which audit signs checkpoints, in a folder of its own: no backup of the database brings it."""
        return self.data / "ledger" / "signing.pem"

    @property
    def login_file(self) -> Path:
        """The session of whoever has signed in by ./kem login."""
        return self.data / "login.json"

    @property
    def assertion_keys(self) -> Path:
        """The public keys of everybody who may vouch for a caller (JSON)."""
        return self.data / "assertion-keys.json"

    @property
    def authority(self) -> Path:
        """The hub's certificate authority, and the registry of what it has issued: no service needs them."""
        return self.data / "authority"

    @property
    def authority_key(self) -> Path:
        """The key of the authority (PEM, 0400): whoever has it can make a certificate for anybody."""
        return self.authority / "authority.key"

    @property
    def authority_certificate(self) -> Path:
        return self.authority / "authority.pem"

    @property
    def certificate_registry(self) -> Path:
        """Each certificate that was issued or revoked, a line of JSON each; only ever added to."""
        return self.authority / "certificates.jsonl"

    @property
    def certificates(self) -> Path:
        """By which certificates are checked on this machine; nothing in it is secret."""
        return self.data / "certificates"

    @property
    def authorities(self) -> Path:
        """By which everybody on this machine checks a certificate (PEM)."""
        return self.certificates / "authorities.pem"

    @property
    def revoked_certificates(self) -> Path:
        """The serials over which no call is taken (JSON)."""
        return self.certificates / "revoked.json"

    @property
    def certificate_register(self) -> Path:
        """What became of each certificate, for the service that tells it on (JSON)."""
        return self.certificates / "register.json"

    def certificate(self, holder: str) -> Path:
        """Key and certificate (PEM) of a service, or of the `tools`."""
        return self.secrets / holder / "certificate.pem"

    @property
    def tools_certificate(self) -> TlsFiles:
        """What the commands of this machine show to the services."""
        own = self.certificate("tools")
        return TlsFiles(own, own, self.authorities)

    def agency_certificate(self, code: str) -> Path:
        """The folder in which an agency's certificate waits to be handed over."""
        return self.data / "agencies" / code

    def identity_key(self, service: str) -> Path:
        """The key with which a service speaks for itself."""
        return self.secrets / f"identity-{service}.pem"

    def url_file(self, login: str) -> Path:
        """The file with a database login's URL; `login` is check, migrator, admin or `<schema>-<kind>`."""
        return self.secrets / f"{login}.url"

    def log(self, process: str) -> Path:
        return self.logs / f"{process}.log"

    def make(self) -> None:
        """Makes the folders. Repeat-safe."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            private = (self.secrets, self.keys, self.sign_in, self.ledger_key.parent, self.authority)
            for folder in (self.data, *private, self.certificates, self.logs, self.postgres, self.work):
                folder.mkdir(exist_ok=True)
                folder.chmod(0o700)
        except PermissionError as error:
            raise StackFailure(
                f"{error.filename} cannot be written by this user; run it as the owner of that folder."
            ) from None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Holds the folder for one running stack; the lock goes with the process, however it ends.

        Raises:
            StackFailure: another one holds it.
        """
        with self.lock_file.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StackFailure(
                    f"KEM already runs on {self.data}; see it with ./kem status or end it with ./kem down."
                ) from None
            yield

    def is_held(self) -> bool:
        """Whether a stack holds the folder now."""
        if not self.lock_file.exists():
            return False
        with self.lock_file.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False


def write_secret(path: Path, content: str | bytes) -> None:
    """Writes a file that only its owner reads, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    written = content.encode() if isinstance(content, str) else content
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(written)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
