"""A small real OpenID Connect provider: real keys, real tokens, over HTTP on this machine."""

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit
from uuid import uuid4

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

CLIENT_ID: Final = "kem"
CLIENT_SECRET: Final = "a secret of the test's provider"


@dataclass
class SampleProvider:
    """Answers discovery, keys and codes; whoever it is asked about, `subject` is who signs in.

    Args:
        claims: put into each token over the right ones; a value of None takes a claim away.
        sign: makes the token of claims, if not by the provider's own key.
        path: with which its issuer ends.
        error: with which its page lets nobody in.
        paths: of the redirect addresses that are registered there; none for all.
        leads_to: another provider's page, to which this one sends everybody (the mix-up of RFC 9700 § 4.4).
        sends_issuer: whether browsers come back with `iss` (RFC 9207).
        goes_on: before which it answers no code; None where it does at once.
        tells: the same of its configuration.
    """

    subject: str = "s-1"
    claims: dict[str, Any] = field(default_factory=dict)
    sign: Callable[["SampleProvider", dict[str, Any]], str] | None = None
    configuration: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "ES256"
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    path: str = ""
    error: str = ""
    paths: tuple[str, ...] = ()
    leads_to: Callable[[dict[str, str]], str] | None = None
    sends_issuer: bool = True
    goes_on: asyncio.Event | None = None
    tells: asyncio.Event | None = None
    issuer: str = ""

    def __post_init__(self) -> None:
        self.elliptic = ec.generate_private_key(ec.SECP256R1())
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.key_id = uuid4().hex
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listens on a port of its own."""
        app = web.Application()
        under = self.path.removesuffix("/")
        app.router.add_get(f"{under}/.well-known/openid-configuration", self._tell_configuration)
        app.router.add_get("/authorize", self._send_back)
        app.router.add_get("/keys", self._tell_keys)
        app.router.add_post("/token", self._give_token)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._host = f"http://{host}:{port}"
        self.issuer = f"{self._host}{self.path}"

    async def stop(self) -> None:
        """Is away from now on."""
        if self._runner is not None:
            await self._runner.cleanup()

    def sign_in(self, authorization_url: str) -> tuple[str, str]:
        """What the browser brings back when the person has signed in there: state and code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(authorization_url).query).items()}
        code = uuid4().hex
        self.codes[code] = asked
        return asked["state"], code

    async def _send_back(self, request: web.Request) -> web.Response:
        """Whoever comes has signed in already."""
        asked = dict(request.rel_url.query)
        if self.leads_to is not None:
            return web.Response(status=302, headers={"Location": self.leads_to(asked)})
        if self.paths and urlsplit(asked["redirect_uri"]).path not in self.paths:
            return web.Response(status=400, text="Invalid parameter: redirect_uri")
        self.codes[code := uuid4().hex] = asked
        said = {"state": asked["state"]} | ({"error": self.error} if self.error else {"code": code})
        said |= {"iss": self.issuer} if self.sends_issuer else {}
        return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{urlencode(said)}"})

    def turn_keys(self) -> None:
        """Signs by other keys from now on."""
        self.elliptic = ec.generate_private_key(ec.SECP256R1())
        self.key_id = uuid4().hex

    async def _tell_configuration(self, request: web.Request) -> web.Response:
        self.asked.append("configuration")
        if self.tells is not None:
            await self.tells.wait()
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self._host}/authorize",
                "token_endpoint": f"{self._host}/token",
                "jwks_uri": f"{self._host}/keys",
            }
            | self.configuration
        )

    async def _tell_keys(self, request: web.Request) -> web.Response:
        self.asked.append("keys")
        elliptic = json.loads(ECAlgorithm.to_jwk(self.elliptic.public_key()))
        plain = json.loads(RSAAlgorithm.to_jwk(self.rsa.public_key()))
        keys = [
            elliptic | {"kid": self.key_id, "use": "sig", "alg": "ES256"},
            plain | {"kid": f"rsa-{self.key_id}", "use": "sig", "alg": "RS256"},
            {"kty": "oct", "kid": "not-yours", "use": "enc", "k": "AAAA"},
        ]
        return web.json_response({"keys": keys})

    async def _give_token(self, request: web.Request) -> web.Response:
        self.asked.append("token")
        form = await request.post()
        if self.goes_on is not None:
            await self.goes_on.wait()
        begun = self.codes.pop(str(form.get("code")), None)
        basic = base64.b64encode(f"{CLIENT_ID}:{quote_plus(CLIENT_SECRET)}".encode()).decode()
        verifier = str(form.get("code_verifier", ""))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if (
            begun is None
            or request.headers.get("authorization") != f"Basic {basic}"
            or begun["code_challenge_method"] != "S256"
            or begun["code_challenge"] != challenge
            or begun["redirect_uri"] != form.get("redirect_uri")
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(
            {"access_token": "x", "token_type": "Bearer", "id_token": self._token(begun)}
        )

    def _token(self, begun: dict[str, str]) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 60,
            "nonce": begun["nonce"],
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.sign is not None:
            return self.sign(self, claims)
        key, key_id = (
            (self.elliptic, self.key_id) if self.algorithm == "ES256" else (self.rsa, f"rsa-{self.key_id}")
        )
        return jwt.encode(claims, key, algorithm=self.algorithm, headers={"kid": key_id})
