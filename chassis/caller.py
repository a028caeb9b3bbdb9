"""Who is calling: a claim that came with the call becomes a `Caller` only after its signature was checked."""

import base64
import json
import re
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from kernel.errors import NotAuthenticated
from kernel.ids import derived_id

AUDIENCE: Final = "kem"
ALGORITHM: Final = "EdDSA"
SERVICE_ROLE: Final = "service"
SECOND_FACTOR: Final = "mfa"
"""How somebody was known (`acr`) who has shown more than a password."""
SERVICE_ISSUER_PREFIX: Final = "service:"
CLOCK_LEEWAY_SECONDS: Final = 5
MAX_LIFETIME_SECONDS: Final = 24 * 3600
_CACHE_ENTRIES: Final = 10_000
_OPAQUE_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:-]{0,80}")
"""An agency's own reference of somebody goes into every event and stays there, so it cannot be a name."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whom a known issuer vouches for; `acting_person` is who sits behind an agency's own system."""

    principal_id: UUID
    agency_id: UUID | None
    roles: frozenset[str]
    acting_person: str
    acr: str
    issuer: str
    valid_until_time: datetime | None = field(default=None, compare=False)
    """When the issuer's word ends: what goes on after the call was admitted must end by then."""
    certificate_thumbprint: str = field(default="", compare=False)
    """The only certificate over which the issuer's word may come (RFC 8705); empty where it named none."""
    is_by_itself: bool = field(default=False, compare=False)
    """Whether an open page of theirs asks anew because something has happened: nobody pressed anything."""

    @property
    def is_internal(self) -> bool:
        """A service of this system, not a person and not an agency."""
        return SERVICE_ROLE in self.roles

    @staticmethod
    def of_service(name: str) -> "Caller":
        """The service itself, for batches and timers, where nobody is calling."""
        return Caller(
            principal_id=derived_id("service", name),
            agency_id=None,
            roles=frozenset({SERVICE_ROLE}),
            acting_person="",
            acr="key",
            issuer=SERVICE_ISSUER_PREFIX + name,
        )


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A key that vouches, and the roles that it may vouch for (None: all but `service`)."""

    issuer: str
    public_key: Ed25519PublicKey
    allowed_roles: frozenset[str] | None


class CallerVerifier:
    """Turns a signed assertion into a `Caller`, by a file of public keys that may change while running."""

    def __init__(self, keys_file: Path) -> None:
        self._keys_file = keys_file
        self._keys: dict[tuple[str, str], IssuerKey] = {}
        self._read_mark: tuple[int, int] | None = None
        self._cache: dict[str, tuple[float, Caller]] = {}
        self._lock = threading.Lock()
        self._read_keys_if_changed()

    def verify(self, token: str) -> Caller:
        """The caller that `token` (a JWT signed with Ed25519) speaks for.

        Raises:
            NotAuthenticated: unknown issuer or key, wrong signature or audience, expired, not yet valid,
                a role that this issuer may not give, or an acting person who is not named by a reference.
        """
        self._read_keys_if_changed()
        known = self._cache.get(token)
        if known is not None and time.time() < known[0]:
            return known[1]
        expiry, caller = self._verified(token)
        if len(self._cache) >= _CACHE_ENTRIES:
            self._cache.clear()
        self._cache[token] = (expiry, caller)
        return caller

    def _verified(self, token: str) -> tuple[float, Caller]:
        try:
            claimed_issuer = str(jwt.decode(token, options={"verify_signature": False}).get("iss", ""))
            key_id = str(jwt.get_unverified_header(token).get("kid", ""))
            key = self._keys.get((claimed_issuer, key_id))
            if key is None:
                raise NotAuthenticated("The assertion is signed by a key that this system does not know.")
            claims = jwt.decode(
                token,
                key.public_key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                leeway=CLOCK_LEEWAY_SECONDS,
                options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
            )
            if claims["exp"] - claims["iat"] > MAX_LIFETIME_SECONDS:
                raise NotAuthenticated("The assertion is valid for too long to be trusted.")
            return float(claims["exp"]), _caller(claims, key)
        except jwt.ExpiredSignatureError:
            raise NotAuthenticated("The assertion has expired; sign in again.") from None
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError):
            raise NotAuthenticated("The assertion is not valid.") from None

    def _read_keys_if_changed(self) -> None:
        found = self._keys_file.stat()
        mark = (found.st_mtime_ns, found.st_size)
        if mark == self._read_mark:
            return
        with self._lock:
            keys = {
                (entry["iss"], entry["kid"]): IssuerKey(
                    issuer=entry["iss"],
                    public_key=Ed25519PublicKey.from_public_bytes(base64.b64decode(entry["public_key"])),
                    allowed_roles=None if entry.get("roles") is None else frozenset(entry["roles"]),
                )
                for entry in json.loads(self._keys_file.read_text())["keys"]
            }
            self._keys, self._read_mark = keys, mark
            self._cache.clear()


def _caller(claims: dict[str, Any], key: IssuerKey) -> Caller:
    roles = frozenset(str(role) for role in claims.get("roles", []))
    principal_id = UUID(claims["sub"])
    agency = claims.get("agency")
    if key.allowed_roles is not None and not roles <= key.allowed_roles:
        raise NotAuthenticated("The assertion names a role that its issuer may not give.")
    if key.issuer.startswith(SERVICE_ISSUER_PREFIX):
        name = key.issuer.removeprefix(SERVICE_ISSUER_PREFIX)
        if roles != {SERVICE_ROLE} or agency or principal_id != derived_id("service", name):
            raise NotAuthenticated("A service speaks for itself only.")
    elif SERVICE_ROLE in roles:
        raise NotAuthenticated("Only a service may speak as a service.")
    acting_person = str(claims.get("person") or "")
    if not _OPAQUE_REFERENCE.fullmatch(acting_person):
        raise NotAuthenticated(
            "The assertion names the acting person by something else than an opaque reference: up to 80 Latin"
            " letters, digits, dots, colons, hyphens and underscores."
        )
    return Caller(
        principal_id=principal_id,
        agency_id=UUID(agency) if agency else None,
        roles=roles,
        acting_person=acting_person,
        acr=str(claims.get("acr", "")),
        issuer=key.issuer,
        valid_until_time=datetime.fromtimestamp(claims["exp"], UTC),
        # a binding that is not understood is not passed over: the KeyError makes the assertion invalid
        certificate_thumbprint=_thumbprint(claims["cnf"]["x5t#S256"]) if "cnf" in claims else "",
    )


def _thumbprint(named: object) -> str:
    if not isinstance(named, str) or not named:
        raise ValueError("the assertion is bound to no certificate that could be named")
    return named


class AssertionSigner:
    """Signs assertions with an Ed25519 key in a PEM file (PKCS#8); the key's id follows from the key."""

    def __init__(self, issuer: str, private_key_file: Path) -> None:
        key = load_pem_private_key(private_key_file.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{private_key_file.name} does not hold an Ed25519 key")
        self.issuer = issuer
        self._key = key
        self.key_id = key_id_of(key.public_key())

    def token(
        self,
        principal_id: UUID,
        agency_id: UUID | None,
        roles: frozenset[str] | set[str] | list[str],
        acting_person: str | None = None,
        acr: str = "pwd",
        lifetime_seconds: int = 300,
        certificate_thumbprint: str = "",
    ) -> str:
        """A fresh assertion for one principal, bound to one client's certificate where one is named."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": str(principal_id),
            "agency": str(agency_id) if agency_id else None,
            "roles": sorted(roles),
            "acr": acr,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + lifetime_seconds,
            "jti": uuid4().hex,
        }
        if acting_person:
            claims["person"] = acting_person
        if certificate_thumbprint:
            claims["cnf"] = {"x5t#S256": certificate_thumbprint}
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.key_id})

    def service_token(self, lifetime_seconds: int = 300) -> str:
        """A fresh assertion of a service for itself; the issuer must be `service:<name>`."""
        caller = Caller.of_service(self.issuer.removeprefix(SERVICE_ISSUER_PREFIX))
        return self.token(caller.principal_id, None, caller.roles, None, caller.acr, lifetime_seconds)

    def token_for(self, audience: str, lifetime_seconds: int) -> str:
        """The issuer's word to somebody outside of the hub: from whom, to whom, until when. It opens no door
        inside, where the audience is another one.
        """
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": str(Caller.of_service(self.issuer.removeprefix(SERVICE_ISSUER_PREFIX)).principal_id),
            "aud": audience,
            "iat": now,
            "exp": now + lifetime_seconds,
            "jti": uuid4().hex,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.key_id})

    def derived_key(self, purpose: str) -> bytes:
        """32 secret bytes for another purpose, as stable as the signer's key, of which they tell nothing."""
        raw = self._key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return HKDF(SHA256(), 32, salt=None, info=f"kem/{purpose}".encode()).derive(raw)

    @property
    def public_key_bytes(self) -> bytes:
        """The 32 bytes by which anybody can check what is signed here."""
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def key_entry(self, roles: list[str] | None = None) -> dict[str, Any]:
        """This signer's line for the public-key file."""
        return {
            "iss": self.issuer,
            "kid": self.key_id,
            "public_key": base64.b64encode(self.public_key_bytes).decode(),
            "roles": roles,
        }


def key_id_of(public_key: Ed25519PublicKey) -> str:
    """A short name for a public key that follows from its bytes."""
    raw = public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.urlsafe_b64encode(raw[:9]).decode()
