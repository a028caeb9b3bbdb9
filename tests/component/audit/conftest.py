"""A running service for each test, on a ledger of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.component.audit.audit_service import SCHEMAS, AuditHub
from tests.integration.chassis.assertions import make_signer, write_keys
from tests.support.postgres import MakeDatabase


@pytest.fixture
async def hub(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[AuditHub]:
    people = make_signer(tmp_path, "kem-up")
    make_signer(tmp_path, "service:audit")
    make_signer(tmp_path, "ledger")
    write_keys(tmp_path, people)
    one = AuditHub(tmp_path, people)
    await one.start(fresh_database(schemas=SCHEMAS))
    yield one
    await one.stop()
