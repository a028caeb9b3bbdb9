"""Every decoder of what comes from outside meets bytes of any kind: it reads, or refuses in its own words."""

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import topics
from chassis.batch_reader import PoisonEvent
from chassis.caller import CallerVerifier
from chassis.certificates import Certificate, Holder
from chassis.events import IncomingEvent
from chassis.incoming import Malformed, Message, read_message
from chassis.peers import parse_serials
from chassis.plain_events import ENVELOPES
from chassis.trace_context import batch_span
from kernel.errors import Invalid, KemError, NotAuthenticated
from kernel.ids import ReferralId
from services.access.adapters import identity_provider
from services.access.adapters.identity_provider import ProviderUnavailable
from services.access.adapters.sign_in_key import SignInKey
from services.access.settings import read_providers
from services.audit.entrypoints import translate_events as audit
from services.intake.adapters.begun_erasures import BegunErasures
from services.intake.adapters.keys import KeysUnusable
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.case_code import case_code, normalised_case_code
from services.intake.entrypoints import consent_policy_server, projection, translate_needs
from services.notifications.domain.push_address import PushAddress
from services.notifications.entrypoints import translate as notifications
from services.referral.adapters.postgres_referral_pages import PageEnd
from services.referral.entrypoints import translate_directory, translate_events, translate_pages
from tests.integration.chassis.assertions import make_signer, write_keys
from tests.support.damage import damaged, filled
from tests.support.golden import kept_files
from tests.support.hub_certificates import tools_files
from tools.notices.files import SAMPLE_NOTICE, read_notice
from tools.stack.choice import choose_servers
from tools.stack.existing_postgres import AdminUrl
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout

NOW: Final = datetime(2026, 11, 26, 9, tzinfo=UTC)
SOMEBODY: Final = UUID("0192f0c0-0000-7000-8000-000000000001")
READERS: Final[dict[str, tuple[Callable[[IncomingEvent], Any], tuple[str, ...]]]] = {
    "referral": (translate_events.read_event, (topics.INTAKE, topics.DISCLOSURE, topics.NOTIFICATIONS)),
    "notifications": (notifications.read_fact, (topics.REFERRAL, topics.DISCLOSURE, topics.AUDIT)),
    "intake": (projection.read_event, (topics.REFERRAL, topics.DIRECTORY)),
    "audit": (audit.told, topics.TOPICS),
}


@dataclass(frozen=True, slots=True)
class Decoder:
    """What reads bytes, what it says where it does not, and some that it reads."""

    read: Callable[[bytes, Path], Any]
    refusals: tuple[type[Exception], ...]
    wholes: tuple[bytes, ...]


def of_text(read: Callable[[str], Any], refusal: type[Exception], *wholes: str) -> Decoder:
    """A decoder of text: gRPC and argument lists bring nothing that is none."""
    return Decoder(
        lambda content, _: read(content.decode(errors="replace")),
        (refusal,),
        tuple(whole.encode() for whole in wholes),
    )


def of_file(read: Callable[[Path], Any], name: str, refusal: type[Exception], *wholes: bytes) -> Decoder:
    """A decoder of a file by its name in a folder."""

    def write_and_read(content: bytes, folder: Path) -> Any:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return read(file)

    return Decoder(write_and_read, (refusal,), wholes)


@cache
def _assertions() -> tuple[CallerVerifier, tuple[str, ...]]:
    """Who checks assertions, and some: a good one, one of words as claims, one that is nested deep."""
    folder = tools_files().certificate.parent / "assertions"
    folder.mkdir(exist_ok=True)
    signer = make_signer(folder, "kem-fuzz")
    good = signer.token(SOMEBODY, None, ["auditor"], certificate_thumbprint="a")
    strange = jwt.encode(
        {"iss": "kem-fuzz", "sub": 7, "aud": "kem", "iat": "x", "exp": 1e300, "jti": []}, "k" * 32, "HS256"
    )
    deep = base64.urlsafe_b64encode(b"[" * 5_000).decode().rstrip("=")
    return CallerVerifier(write_keys(folder, signer)), (good, strange, f"{good.split('.')[0]}.{deep}.x")


def _provider_answer(content: bytes, _: Path) -> Any:
    found = identity_provider.read_object(content)
    return identity_provider.signing_keys(found)


PROVIDERS: Final = (
    b'{"providers": [{"name": "city", "issuer": "https://a", "client_id": "kem",'
    b' "redirect_uris": ["https://a"]}]}'
)
CHOICE: Final = b'{"broker": "embedded", "brokers": 1, "database": "embedded"}'
SAMPLE_TERMS: Final = (SAMPLE_NOTICE / "terms.toml").read_bytes()
PROVIDER_KEYS: Final = (
    {"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    {"kty": "RSA", "kid": "b", "use": "sig", "n": "AQAB", "e": "AQAB"},
)

DECODERS: Final[dict[str, Decoder]] = {
    "assertion": of_text(lambda text: _assertions()[0].verify(text), NotAuthenticated, *_assertions()[1]),
    "certificate": Decoder(
        lambda content, _: Certificate.read(content),
        (ValueError,),
        (tools_files().certificate.read_bytes(), tools_files().authorities.read_bytes()),
    ),
    "holder": of_text(Holder.parse, ValueError, Holder.of_agency(SOMEBODY).uri),
    "revoked serials": Decoder(
        lambda content, _: parse_serials(content),
        (ValueError, RecursionError),
        (b'{"serials": ["1f", "2"]}',),
    ),
    "provider's answer": Decoder(
        _provider_answer, (ProviderUnavailable,), (json.dumps({"keys": PROVIDER_KEYS}).encode(),)
    ),
    "providers file": of_file(
        read_providers,
        "providers.json",
        ValueError,
        PROVIDERS,
    ),
    "sign-in key": of_file(SignInKey.read, "sign-in.key", ValueError, base64.b64encode(bytes(32))),
    "tombstones": of_file(
        lambda file: Tombstones(file.parent).read(),
        "tombstones",
        KeysUnusable,
        f"{NOW.isoformat()} {SOMEBODY}\n".encode() * 3,
    ),
    "begun erasures": of_file(
        lambda file: BegunErasures(file.parent).read(),
        "erasures-begun",
        KeysUnusable,
        f"{SOMEBODY} {SOMEBODY} DOCUMENT_SEEN {SOMEBODY}\n".encode() * 3,
    ),
    "case code": of_text(normalised_case_code, Invalid, case_code(2026, 123)),
    "page of needs": of_text(
        translate_needs.place_from, Invalid, translate_needs.page_token((NOW, SOMEBODY))
    ),
    "page of notices": of_text(consent_policy_server.place_from, Invalid, f"{NOW.isoformat()} 2026-1"),
    "page of referrals": of_text(
        translate_pages.page_end,
        Invalid,
        translate_pages.page_token(PageEnd(0, NOW, ReferralId(SOMEBODY))),
        translate_pages.page_token(PageEnd(2, NOW, ReferralId(SOMEBODY))),
    ),
    "page by id": of_text(translate_directory.after_id, Invalid, str(SOMEBODY)),
    "page by time": of_text(
        translate_directory.after_instant, Invalid, translate_directory.instant_token(NOW, SOMEBODY)
    ),
    "push address": of_text(PushAddress.parse, KemError, "https://partner.example:8443", "http://[::1]:80"),
    "database address": of_text(
        AdminUrl.parse, StackFailure, "postgres://admin:secret@127.0.0.1:5432/postgres?sslmode=verify-full"
    ),
    "terms of a notice": of_file(
        lambda file: read_notice(file.parent), "notice/terms.toml", StackFailure, SAMPLE_TERMS
    ),
    "choice of servers": of_file(
        lambda file: choose_servers(Layout(file.parent), None, None, None),
        "runs-on.json",
        StackFailure,
        CHOICE,
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("decoders")


@pytest.mark.parametrize("name", DECODERS)
@given(chance=st.randoms(use_true_random=False))
def test_it_reads_or_refuses_in_its_own_words(name: str, folder: Path, chance: Random) -> None:
    decoder = DECODERS[name]
    content = damaged(decoder.wholes, chance)
    with suppress(*decoder.refusals):
        decoder.read(content, folder)


@pytest.mark.parametrize("name", sorted(DECODERS.keys() - {"assertion"}))
def test_what_is_whole_is_read(name: str, tmp_path: Path) -> None:
    decoder = DECODERS[name]
    decoder.read(decoder.wholes[0], tmp_path)


def test_a_whole_assertion_is_read() -> None:
    """A fresh one: it lives for five minutes, and those above are as old as this module."""
    verifier, (good, *_) = _assertions.__wrapped__()
    assert verifier.verify(good).principal_id == SOMEBODY


@pytest.mark.parametrize(
    ("reader", "topic"), [(name, topic) for name, (_, read) in READERS.items() for topic in read]
)
@given(chance=st.randoms(use_true_random=False))
def test_an_event_is_read_or_set_aside(reader: str, topic: str, chance: Random) -> None:
    """Whatever else escaped would stop the consumer: nothing behind the event would ever be read."""
    if chance.random() < 0.5:
        payload = damaged(_kept(topic), chance)
    else:
        payload = filled(ENVELOPES[topic](), chance).SerializeToString()
    headers = [
        ("ce_id", str(SOMEBODY).encode()),
        ("ce_source", b"intake"),
        ("ce_type", f"{topic}.Fact".encode()),
        ("ce_time", NOW.isoformat().encode()),
        ("kem-position", b"7"),
    ]
    event = read_message(Message(topic, 0, 1, b"key", payload, headers))
    assert not isinstance(event, Malformed)
    with suppress(PoisonEvent):
        READERS[reader][0](event)


@given(chance=st.randoms(use_true_random=False))
def test_a_trace_context_of_any_kind_stops_nothing(chance: Random) -> None:
    whole = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    with batch_span("referral", [damaged([whole], chance).decode(errors="replace")]):
        pass


@cache
def _kept(topic: str) -> tuple[bytes, ...]:
    return tuple(file.read_bytes() for file in kept_files(topic))
