"""Passwords and signing keys of one stack: made once, kept in its data folder, never printed."""

import asyncio
import base64
import json
import secrets
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chassis.caller import SERVICE_ISSUER_PREFIX, SERVICE_ROLE, AssertionSigner
from tools.certificates.office import CertificateOffice
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout, write_secret
from tools.stack.part import nothing
from tools.stack.postgres_admin import KINDS, SUPERUSER, Passwords, PostgresAdmin

ISSUER = "kem-up"
STAFF_ISSUER = "kem-access"
"""The access service, for whoever has signed in there."""
LOOK_AT_CERTIFICATES_SECONDS: Final = 60.0


def passwords(layout: Layout, schemas: Iterable[str]) -> Passwords:
    """The database passwords; those that are missing are made."""
    file = layout.secrets / "passwords.json"
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    schema_logins = {f"{schema}_{kind}" for schema in schemas for kind in KINDS}
    missing = {SUPERUSER, "kem_migrator", "kem_check"} | schema_logins
    missing -= known.keys()
    if missing:
        known |= {login: secrets.token_urlsafe(24) for login in sorted(missing)}
        write_secret(file, json.dumps(known, indent=1))
    return Passwords(
        superuser=known[SUPERUSER],
        migrator=known["kem_migrator"],
        check=known["kem_check"],
        schemas={
            (schema, kind): known[f"{schema}_{kind}"]
            for schema, _, kind in (login.rpartition("_") for login in known)
            if kind in KINDS
        },
    )


def write_signing_keys(layout: Layout, services: Iterable[str]) -> None:
    """Makes the issuers' keys and each service's own, and writes the file of public keys.

    Raises:
        StackFailure: this hub had a key of sign-in or a list of closed accounts, and it is gone.
    """
    services = list(services)
    entries = [_signer(layout, ISSUER).key_entry()]
    if "access" in services:
        _begin_sign_in(layout)
        entries.append(_signer(layout, STAFF_ISSUER).key_entry())
    if "audit" in services:
        _make_key(layout.ledger_key)
    entries += [_signer(layout, SERVICE_ISSUER_PREFIX + name).key_entry([SERVICE_ROLE]) for name in services]
    content = json.dumps({"keys": entries}, indent=1)
    if not layout.assertion_keys.exists() or layout.assertion_keys.read_text() != content:
        write_secret(layout.assertion_keys, content)


def move_sign_in(layout: Layout) -> None:
    """What access needs lay in the folder of the vault's keys once, which access may not open. Repeat-safe.

    One that had no list of closed accounts is from before there was one; access writes down whom its database
    has as closed.
    """
    former = layout.keys / layout.sign_in_key.name
    if not former.exists() or layout.sign_in_key.exists():
        return
    layout.sign_in.mkdir(mode=0o700, exist_ok=True)
    former_list = layout.keys / layout.closed_accounts.name
    if former_list.exists():
        former_list.replace(layout.closed_accounts)
    elif not layout.closed_accounts.exists():
        write_secret(layout.closed_accounts, "")
    former.replace(layout.sign_in_key)  # last: until then it is done again


def _begin_sign_in(layout: Layout) -> None:
    """Makes what access needs beside its database, before its first start and never again."""
    move_sign_in(layout)
    needed = (layout.closed_accounts, layout.sign_in_key)
    if not any(file.exists() for file in (*needed, layout.staff_issuer_key)):
        write_secret(layout.closed_accounts, "")
        write_secret(layout.sign_in_key, base64.b64encode(secrets.token_bytes(32)))
    for file in needed:
        if not file.is_file():
            raise StackFailure(
                f"{file} is missing, and staff's accounts hang on it: put {layout.sign_in} back as it was"
                " last. docs/runbooks/restore.md says what to do where it is lost."
            )


def _signer(layout: Layout, issuer: str) -> AssertionSigner:
    service = issuer.removeprefix(SERVICE_ISSUER_PREFIX)
    issuer_keys = {ISSUER: layout.issuer_key, STAFF_ISSUER: layout.staff_issuer_key}
    file = issuer_keys.get(issuer) or layout.identity_key(service)
    _make_key(file)
    return AssertionSigner(issuer, file)


def replace_key(file: Path) -> bytes:
    """Puts a new key in the place of the one that is there, whole or not at all; answers it (PEM)."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_secret(file, pem)
    return pem


def _make_key(file: Path) -> None:
    if not file.exists():
        replace_key(file)


def write_certificates(layout: Layout, services: Iterable[str], say: Callable[[str], None]) -> list[str]:
    """Sees to it that services and tools have a certificate for a while; answers whose is new."""
    is_first = not layout.authority_key.exists()
    renewed = CertificateOffice(layout).write_own(list(services))
    if is_first:
        say(f"A certificate authority was made; keep a copy of {layout.authority} beside the key folder's.")
    return renewed


async def keep_certificates(
    layout: Layout,
    services: Iterable[str],
    say: Callable[[str], None],
    take_up: Callable[[], Awaitable[None]] = nothing,
) -> None:
    """Renews what ends soon, until it is cancelled; services take the new files up by themselves.

    Args:
        take_up: lets those take them up who do not; called again until it has worked.
    """
    said, is_taken_up = "", True
    while True:
        await asyncio.sleep(LOOK_AT_CERTIFICATES_SECONDS)
        try:
            renewed = write_certificates(layout, services, say)
            is_taken_up = is_taken_up and not renewed
            if not is_taken_up:
                await take_up()
                is_taken_up = True
        except Exception as error:  # whatever it is, the hub has to hear of it in time
            why = _why(error)
            if why != said:
                say(f"Certificates cannot be renewed; it is tried again each minute. {why}")
            said = why
            continue
        said = ""
        if renewed:
            say(f"Renewed the certificates of {', '.join(renewed)}.")


def _why(error: Exception) -> str:
    if isinstance(error, StackFailure):
        return error.sentence
    return f"{(error.strerror if isinstance(error, OSError) else None) or type(error).__name__}."


def write_urls(layout: Layout, server: PostgresAdmin, schemas: Iterable[str]) -> None:
    """Writes each login's URL into a file: settings name the file, so that no list of processes shows it."""
    logins = {"check": "kem_check", "migrator": "kem_migrator"}
    logins |= {f"{schema}-{kind}": f"{schema}_{kind}" for schema in schemas for kind in KINDS}
    for name, login in logins.items():
        write_secret(layout.url_file(name), server.url(login) + "\n")
