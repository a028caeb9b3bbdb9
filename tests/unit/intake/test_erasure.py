"""The certificate of an erasure: the same text for the same facts, without anything of the person."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from services.intake.domain.erasure import Destroyed, DestroyedKey, certificate_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
IDS = [UUID(int=number) for number in range(1, 7)]
DESTROYED = Destroyed(
    keys=[DestroyedKey(IDS[3], "core", 2), DestroyedKey(IDS[4], "child", 1)],
    index_entries=3,
    categories=["NAME", "CHILDREN"],
)
KEPT = {"need": 2, "consent": 1, "receipt": 0}


def test_a_certificate_is_canonical_and_its_digest_is_that_of_its_text() -> None:
    certificate = certificate_of(IDS[0], IDS[1], IDS[2], NOW, DESTROYED, KEPT, [IDS[5]], [])
    found = json.loads(certificate.document)
    again = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert certificate.document == again
    assert certificate.sha256 == sha256(again.encode()).digest()
    assert found["destroyed"]["final_when_epochs_are_destroyed"] == [1, 2]
    assert [(one["rows_of"], one["count"]) for one in found["kept"]] == [("consent", 1), ("need", 2)]
    assert found["recipients"] == [{"agency_id": str(IDS[5]), "must": "DESTROY_OR_SAY_WHAT_IS_KEPT"}]


def test_another_fact_gives_another_digest() -> None:
    times = (NOW, NOW.replace(year=2027))
    one, other = (certificate_of(IDS[0], IDS[1], IDS[2], at, DESTROYED, KEPT, [], []) for at in times)
    assert one.sha256 != other.sha256
