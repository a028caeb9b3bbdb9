"""The facts of the ledger on the wire: the bytes never change, and every kept shape can be read."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis import topics
from chassis.caller import Caller
from chassis.plain_events import WITHHELD
from kem.audit.v1.audit_events_pb2 import AuditEvent
from kernel.ids import derived_id
from services.audit.adapters.checkpoint_key import CheckpointKey
from services.audit.adapters.event_codec import encode_event
from services.audit.domain.facts import CheckpointGiven, SigningKeyBegun
from services.audit.entrypoints.translate_events import told
from tests.integration.audit.ledgers import incoming_from_audit
from tests.support.golden import fact_in, facts_of, golden_bytes, kept_files

NOW = datetime(2026, 11, 26, 9, 30, 15, 250_000, tzinfo=UTC)
EVENT = UUID("00000000-0000-7000-8000-000000000006")
CALLER = Caller.of_service("audit")
KEY = CheckpointKey("kem.test/ledger", Ed25519PrivateKey.from_private_bytes(b"7" * 32))
FACTS = (
    CheckpointGiven("kem.test/ledger", 3, 1122, KEY.sign(1122, b"\x07" * 32)),
    SigningKeyBegun("kem.test/ledger", KEY.public.verifier_key),
)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_bytes_stay_as_they_were(fact: object) -> None:
    event = encode_event(fact, CALLER, NOW, EVENT)
    assert event.payload == golden_bytes(event)
    assert event.key == derived_id("ledger", "kem.test/ledger")


@pytest.mark.parametrize("file", kept_files(topics.AUDIT), ids=lambda file: file.stem)
def test_every_kept_shape_is_read(file: Path) -> None:
    assert fact_in(AuditEvent, file.read_bytes())[0] == file.name.partition(".")[0]


def test_every_fact_has_its_bytes() -> None:
    assert {file.name.partition(".")[0] for file in kept_files(topics.AUDIT)} == facts_of(AuditEvent)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_the_ledger_tells_them_whole(fact: object) -> None:
    entered = told(incoming_from_audit(fact))
    assert WITHHELD not in str(entered.fact)
    assert entered.fact


def test_what_is_no_fact_of_the_ledger_is_refused() -> None:
    with pytest.raises(TypeError):
        encode_event(object(), CALLER, NOW)
