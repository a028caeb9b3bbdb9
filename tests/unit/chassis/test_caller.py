"""Who may speak, and as whom."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest

from chassis.caller import AssertionSigner, Caller, CallerVerifier
from kernel.errors import NotAuthenticated
from kernel.ids import derived_id
from tests.integration.chassis.assertions import key_file, make_signer, write_keys

PERSON = UUID("11111111-1111-4111-8111-111111111111")
AGENCY = UUID("22222222-2222-4222-8222-222222222222")


@pytest.fixture
def signer(tmp_path: Path) -> AssertionSigner:
    return make_signer(tmp_path, "desk")


@pytest.fixture
def verifier(tmp_path: Path, signer: AssertionSigner) -> CallerVerifier:
    return CallerVerifier(write_keys(tmp_path, signer))


def forged(signer: AssertionSigner, **claims: Any) -> str:
    """The signer's own key under claims that it would never write."""
    token = signer.token(PERSON, AGENCY, ["agency_member"])
    body = jwt.decode(token, options={"verify_signature": False}) | claims
    return jwt.encode(body, signer._key, algorithm="EdDSA", headers=jwt.get_unverified_header(token))


def test_an_assertion_becomes_a_caller(signer: AssertionSigner, verifier: CallerVerifier) -> None:
    token = signer.token(PERSON, AGENCY, ["agency_member"], acting_person="desk-7", acr="mfa")
    expected = Caller(PERSON, AGENCY, frozenset({"agency_member"}), "desk-7", "mfa", "desk")
    assert verifier.verify(token) == expected
    assert verifier.verify(token) == expected
    exp = jwt.decode(token, options={"verify_signature": False})["exp"]
    assert verifier.verify(token).valid_until_time == datetime.fromtimestamp(exp, UTC)
    assert not expected.is_internal


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_000_000_000},
        {"aud": "somebody-else"},
        {"iat": 9_999_999_999},
        {"iss": "another-desk"},
        {"sub": "not-an-id"},
        {"agency": "not-an-id"},
        {"exp": 9_999_999_999},
        {"cnf": {"x5t#S256": ""}},
        {"cnf": {"jkt": "another-kind-of-binding"}},
        {"cnf": None},
    ],
    ids=[
        "expired",
        "for another audience",
        "from the future",
        "unknown issuer",
        "no id",
        "no agency id",
        "for ever",
        "bound to an empty thumbprint",
        "bound to something unknown",
        "bound to nothing",
    ],
)
def test_an_assertion_that_is_not_in_order_is_refused(
    claims: dict[str, Any], signer: AssertionSigner, verifier: CallerVerifier
) -> None:
    with pytest.raises(NotAuthenticated):
        verifier.verify(forged(signer, **claims))


def test_a_key_that_nobody_published_is_refused(tmp_path: Path, verifier: CallerVerifier) -> None:
    (tmp_path / "other").mkdir()
    stranger = make_signer(tmp_path / "other", "desk")
    with pytest.raises(NotAuthenticated):
        verifier.verify(stranger.token(PERSON, AGENCY, ["agency_member"]))


def test_a_token_without_a_signature_is_refused(verifier: CallerVerifier, signer: AssertionSigner) -> None:
    claims = jwt.decode(signer.token(PERSON, None, []), options={"verify_signature": False})
    header = jwt.get_unverified_header(signer.token(PERSON, None, []))
    for token in (jwt.encode(claims, "", algorithm="none", headers={"kid": header["kid"]}), "", "a.b.c"):
        with pytest.raises(NotAuthenticated):
            verifier.verify(token)


def test_an_issuer_gives_only_the_roles_that_it_may_give(tmp_path: Path, signer: AssertionSigner) -> None:
    verifier = CallerVerifier(write_keys(tmp_path, signer, roles=["agency_member"]))
    assert verifier.verify(signer.token(PERSON, AGENCY, ["agency_member"]))
    with pytest.raises(NotAuthenticated):
        verifier.verify(signer.token(PERSON, AGENCY, ["agency_member", "dpo"]))


@pytest.mark.parametrize("name", ["Amna Al-Ikhtira", "Άμνα", "x" * 81, "a\n", "a@b.gr", "<b>"])
def test_the_acting_person_is_an_opaque_reference_and_no_name(
    signer: AssertionSigner, verifier: CallerVerifier, name: str
) -> None:
    with pytest.raises(NotAuthenticated):
        verifier.verify(signer.token(PERSON, AGENCY, ["agency_member"], acting_person=name))
    assert verifier.verify(signer.token(PERSON, AGENCY, ["agency_member"], acting_person="desk_7:A.b-9"))


def test_nobody_but_a_service_speaks_as_a_service(signer: AssertionSigner, verifier: CallerVerifier) -> None:
    with pytest.raises(NotAuthenticated):
        verifier.verify(signer.token(PERSON, None, ["service"]))


def test_a_service_speaks_for_itself_only(tmp_path: Path) -> None:
    service = make_signer(tmp_path, "service:referral")
    verifier = CallerVerifier(write_keys(tmp_path, service))
    caller = verifier.verify(service.service_token())
    assert caller == Caller.of_service("referral")
    assert caller.is_internal
    own_id = derived_id("service", "referral")
    for principal, agency, roles in (
        (uuid4(), None, ["service"]),
        (own_id, AGENCY, ["service"]),
        (own_id, None, ["dpo"]),
        (own_id, None, ["service", "dpo"]),
    ):
        with pytest.raises(NotAuthenticated):
            verifier.verify(service.token(principal, agency, roles))


def test_a_signer_s_other_keys_follow_from_its_own_and_tell_nothing_of_each_other(tmp_path: Path) -> None:
    one, other = make_signer(tmp_path, "service:referral"), make_signer(tmp_path, "service:intake")
    again = AssertionSigner("service:referral", key_file(tmp_path, "service:referral"))
    assert one.derived_key("a") == again.derived_key("a")
    assert len({one.derived_key("a"), one.derived_key("b"), other.derived_key("a")}) == 3


def test_a_key_taken_out_of_the_file_counts_no_more_even_for_assertions_seen_before(
    tmp_path: Path, signer: AssertionSigner
) -> None:
    file = write_keys(tmp_path, signer)
    verifier = CallerVerifier(file)
    token = signer.token(PERSON, AGENCY, ["agency_member"])
    assert verifier.verify(token)
    file.write_text(json.dumps({"keys": []}))
    os.utime(file, ns=(1, 1))
    with pytest.raises(NotAuthenticated):
        verifier.verify(token)
