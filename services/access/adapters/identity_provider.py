"""One identity provider: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636), found by discovery."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import aiohttp
import jwt

from kernel.errors import Exhausted, Unavailable
from services.access.domain.roles import PASSWORD, SECOND_FACTOR
from services.access.settings import ProviderSettings, at_any_port, is_safe_address

ALGORITHMS: Final = ("EdDSA", "ES256", "ES384", "PS256", "RS256", "RS384", "RS512")
"""Signatures by a public key; `none` and shared secrets are none."""
LEEWAY_SECONDS: Final = 30
DEADLINE_SECONDS: Final = 10
LARGEST_ANSWER_BYTES: Final = 256 * 1024
_CONFIGURATION_SECONDS: Final = 3600.0
_KEYS_SECONDS: Final = 600.0
"""So long a key counts that the provider has withdrawn."""
_SEARCH_SECONDS: Final = 60.0
"""An unknown key is looked for at once, but not more often than this."""
MOST_AT_ONCE: Final = 64
"""So many may wait for one provider's word: while it is slow, others still have room."""


class ProviderUnavailable(Unavailable):
    """The provider does not answer, or not as one."""

    reason = "PROVIDER_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__("The identity provider does not answer as it should; try again in a while.")


class ProviderBusy(Exhausted):
    """So many wait for its word already; it passes."""

    def __init__(self) -> None:
        super().__init__("Too many people sign in at this identity provider; begin anew in a few seconds.")


class TokenNotValid(Exception):
    """What the provider gave is no proof of who somebody is; why goes into no answer and no log."""


@dataclass(frozen=True, slots=True)
class ProvenIdentity:
    """Whom the provider vouches for, and how it knew them ("pwd" or "mfa")."""

    issuer: str
    subject: str
    acr: str


class IdentityProvider:
    """Speaks to one provider. Close it when done.

    No redirect is followed and no proxy of the environment used; answers are small.
    """

    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings
        secret = settings.client_secret_file
        self._secret = secret.read_text(encoding="utf-8").strip() if secret else None
        self._http: aiohttp.ClientSession | None = None
        self._configuration: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, dict[str, jwt.PyJWK]] | None = None
        self._asking = asyncio.Lock()
        self._waiting = 0

    async def authorization_url(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """The page to which the browser goes.

        Raises:
            ProviderUnavailable: its configuration cannot be had.
        """
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": self.settings.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if at_any_port(redirect_uri):
            # another account of that machine may listen there: nobody is let in by a click (RFC 8252 § 8.6)
            asked["prompt"] = "login"
        if self.settings.second_factor_acr:
            asked["acr_values"] = " ".join(self.settings.second_factor_acr)
        page = (await self._configured())["authorization_endpoint"]
        return f"{page}{'&' if '?' in page else '?'}{urlencode(asked)}"

    async def prove(self, code: str, redirect_uri: str, nonce: str, verifier: str) -> ProvenIdentity:
        """Whom the code stands for.

        Raises:
            TokenNotValid: the provider refuses the code, or its token does not hold.
            ProviderUnavailable: it does not answer.
            ProviderBusy: it was not asked.
        """
        with self._one_more_waits():
            return await self._proven(await self._id_token(code, redirect_uri, verifier), nonce)

    async def sends_issuer(self) -> bool:
        """Whether it says of itself that each browser comes back from it with `iss` (RFC 9207 § 3).

        Raises:
            ProviderUnavailable: its configuration cannot be had.
            ProviderBusy: it was not asked.
        """
        with self._one_more_waits():
            return (await self._configured()).get("authorization_response_iss_parameter_supported") is True

    async def close(self) -> None:
        """Closes its connections."""
        if self._http is not None:
            await self._http.close()

    @contextmanager
    def _one_more_waits(self) -> Iterator[None]:
        if self._waiting >= MOST_AT_ONCE:
            raise ProviderBusy
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    @asynccontextmanager
    async def _one_asks(self) -> AsyncIterator[None]:
        """Others wait for what that one learns, but none of them longer than for an answer of their own."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS), self._asking:
                yield
        except TimeoutError:
            raise ProviderUnavailable from None

    async def _id_token(self, code: str, redirect_uri: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {}
        if self._secret is None:
            form["client_id"] = self.settings.client_id
        else:  # each part is encoded first (RFC 6749 § 2.3.1)
            pair = f"{quote_plus(self.settings.client_id)}:{quote_plus(self._secret)}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        address = (await self._configured())["token_endpoint"]
        answer = await self._ask("POST", address, data=form, headers=headers)
        return str(answer.get("id_token", ""))

    async def _proven(self, token: str, nonce: str) -> ProvenIdentity:
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(str(header.get("kid", "")))
            if header.get("alg") not in ALGORITHMS:
                raise TokenNotValid
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self.settings.client_id,
                issuer=self.settings.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            raise TokenNotValid from None
        audience = claims["aud"]
        is_for_others_too = isinstance(audience, list) and len(audience) > 1
        if (is_for_others_too or "azp" in claims) and claims.get("azp") != self.settings.client_id:
            raise TokenNotValid
        if (
            not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())
            or not claims["sub"]
        ):
            raise TokenNotValid
        return ProvenIdentity(self.settings.issuer, str(claims["sub"]), self._acr(claims))

    def _acr(self, claims: dict[str, Any]) -> str:
        methods = claims.get("amr")
        used = {one for one in methods if isinstance(one, str)} if isinstance(methods, list) else set()
        is_strong = claims.get("acr") in self.settings.second_factor_acr or used & set(
            self.settings.second_factor_amr
        )
        return SECOND_FACTOR if is_strong else PASSWORD

    async def _configured(self) -> dict[str, Any]:
        async with self._one_asks():
            if self._configuration is None or time.monotonic() >= self._configuration[0]:
                where = self.settings.issuer.removesuffix("/")  # OpenID Connect Discovery § 4.1
                found = await self._ask("GET", f"{where}/.well-known/openid-configuration")
                names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
                if found.get("issuer") != self.settings.issuer or not all(
                    is_safe_address(str(found.get(name, ""))) for name in names
                ):
                    raise ProviderUnavailable
                self._configuration = (time.monotonic() + _CONFIGURATION_SECONDS, found)
            return self._configuration[1]

    async def _key(self, key_id: str) -> jwt.PyJWK:
        address = (await self._configured())["jwks_uri"]
        async with self._one_asks():
            read_at, known = self._keys or (0.0, {})
            oldest = _KEYS_SECONDS if key_id in known else _SEARCH_SECONDS
            if self._keys is None or time.monotonic() - read_at >= oldest:
                self._keys = (time.monotonic(), signing_keys(await self._ask("GET", address)))
            if key_id not in self._keys[1]:
                raise TokenNotValid
            return self._keys[1][key_id]

    async def _ask(self, method: str, address: str, **what: Any) -> dict[str, Any]:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=DEADLINE_SECONDS))
        try:
            async with self._http.request(method, address, allow_redirects=False, **what) as response:
                if method == "POST" and response.status in (400, 401, 403):
                    raise TokenNotValid
                if response.status != 200:
                    raise ProviderUnavailable
                content = await response.content.read(LARGEST_ANSWER_BYTES + 1)
                while len(content) <= LARGEST_ANSWER_BYTES and not response.content.at_eof():
                    content += await response.content.read(LARGEST_ANSWER_BYTES + 1)
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise ProviderUnavailable from None
        return read_object(content)


def read_object(content: bytes) -> dict[str, Any]:
    """The object that a provider answered.

    Raises:
        ProviderUnavailable: it is none, or too large.
    """
    try:
        if len(content) > LARGEST_ANSWER_BYTES:
            raise ValueError
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise ProviderUnavailable from None
    if not isinstance(found, dict):
        raise ProviderUnavailable
    return found


def signing_keys(found: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    """The keys that sign, by their id; what this version does not know is left out.

    Raises:
        ProviderUnavailable: these are no keys.
    """
    try:
        keys = jwt.PyJWKSet.from_dict(found).keys
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise ProviderUnavailable from None
    return {str(key.key_id or ""): key for key in keys if key.public_key_use in (None, "sig")}
