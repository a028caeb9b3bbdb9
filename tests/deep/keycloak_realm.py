"""A city's realm in Keycloak: a second factor where somebody has one, and two clients that tell of it."""

import json
from typing import Any, Final
from uuid import UUID

from kernel.ids import derived_id

REALM: Final = "city"
CLIENT: Final = "kem"
CLIENT_SECRET: Final = "a secret of the test's Keycloak"
PUBLIC_CLIENT: Final = "kem-terminal"
PASSWORD: Final = "four green chairs"
OTP_SECRET: Final = b"abcdefghijklmnopqrst"
BACK: Final = "https://hub.example/signed-in"
ELSEWHERE: Final = "https://hub.example/elsewhere"
LOOPBACK: Final = "http://127.0.0.1/signed-in"
LOOPBACK_OF_ANOTHER: Final = f"{LOOPBACK}/terminal"


_OTP_POLICY: Final = {
    "otpPolicyType": "totp",
    "otpPolicyAlgorithm": "HmacSHA1",
    "otpPolicyDigits": 6,
    "otpPolicyInitialCounter": 0,
    "otpPolicyLookAheadWindow": 1,
    "otpPolicyPeriod": 30,
    "otpPolicyCodeReusable": True,
}
"""A test does not wait half a minute for the next code; Keycloak reads all of it or none."""


def subject_of(username: str) -> UUID:
    """`sub` of the user's tokens."""
    return derived_id("keycloak-user", username)


def realm() -> dict[str, Any]:
    """What Keycloak imports."""
    return {
        "realm": REALM,
        "enabled": True,
        "sslRequired": "none",
        **_OTP_POLICY,
        "attributes": {"acr.loa.map": json.dumps({"silver": "1", "gold": "2"})},
        "browserFlow": "by-level",
        "authenticationFlows": _flows(),
        "authenticatorConfig": [
            *(
                {
                    "alias": f"level {n}",
                    "config": {"loa-condition-level": str(n), "loa-max-age": "0"},
                }
                for n in (1, 2)
            ),
            {
                "alias": "told as mfa",
                "config": {"default.reference.value": "mfa", "default.reference.maxAge": "300"},
            },
        ],
        "clients": [
            _client(CLIENT, secret=CLIENT_SECRET, redirectUris=[BACK, ELSEWHERE, LOOPBACK]),
            _client(
                PUBLIC_CLIENT,
                publicClient=True,
                redirectUris=[LOOPBACK_OF_ANOTHER],
                protocolMappers=[
                    {
                        "name": "amr",
                        "protocol": "openid-connect",
                        "protocolMapper": "oidc-amr-mapper",
                        "config": {"id.token.claim": "true"},
                    }
                ],
                attributes={"pkce.code.challenge.method": "S256", "default.acr.values": "gold"},
            ),
        ],
        "users": [
            _user("maria"),
            _user("nikos", credentials=[_password(), _authenticator()]),
            _user("gone", enabled=False),
        ],
    }


def _client(client_id: str, **more: Any) -> dict[str, Any]:
    usual = {
        "clientId": client_id,
        "publicClient": False,
        "standardFlowEnabled": True,
        "attributes": {"pkce.code.challenge.method": "S256"},
    }
    return usual | more


def _user(username: str, **more: Any) -> dict[str, Any]:
    usual = {
        "id": str(subject_of(username)),
        "username": username,
        "enabled": True,
        "email": f"{username}@city.example",
        "emailVerified": True,
        "firstName": username.title(),
        "lastName": "Sample",
        "credentials": [_password()],
    }
    return usual | more


def _password() -> dict[str, Any]:
    return {"type": "password", "value": PASSWORD}


def _authenticator() -> dict[str, Any]:
    kind = {"subType": "totp", "digits": 6, "counter": 0, "period": 30, "algorithm": "HmacSHA1"}
    return {
        "type": "otp",
        "secretData": json.dumps({"value": OTP_SECRET.decode()}),
        "credentialData": json.dumps(kind),
    }


def _flows() -> list[dict[str, Any]]:
    """Level 1 by password; level 2 by a code as well, for whoever has an authenticator."""
    first = [
        _step("conditional-level-of-authentication", 10, "level 1"),
        _step("auth-username-password-form", 20),
    ]
    second = [
        _step("conditional-level-of-authentication", 10, "level 2"),
        _step("conditional-user-configured", 20),
        _step("auth-otp-form", 30, "told as mfa"),
    ]
    return [
        _flow("by-level", [_part("levels", "REQUIRED", 10)], is_whole=True),
        _flow("levels", [_part("by password", "CONDITIONAL", 10), _part("by code", "CONDITIONAL", 20)]),
        _flow("by password", first),
        _flow("by code", second),
    ]


def _flow(alias: str, steps: list[dict[str, Any]], *, is_whole: bool = False) -> dict[str, Any]:
    return {
        "alias": alias,
        "providerId": "basic-flow",
        "topLevel": is_whole,
        "builtIn": False,
        "authenticationExecutions": steps,
    }


def _part(flow: str, requirement: str, priority: int) -> dict[str, Any]:
    return {
        "flowAlias": flow,
        "authenticatorFlow": True,
        "requirement": requirement,
        "priority": priority,
    }


def _step(authenticator: str, priority: int, configured: str | None = None) -> dict[str, Any]:
    step = {
        "authenticator": authenticator,
        "authenticatorFlow": False,
        "requirement": "REQUIRED",
        "priority": priority,
    }
    return step | ({"authenticatorConfig": configured} if configured else {})
