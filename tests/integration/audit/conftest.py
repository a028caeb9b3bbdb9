"""The service's tables in a fresh database, as its worker's login sees them."""

from collections.abc import AsyncIterator

import pytest

from chassis.postgres import Database
from services.audit.adapters.event_codec import encode_event
from tests.integration.audit.ledgers import LedgerHere
from tests.support.postgres import MakeDatabase


@pytest.fixture
async def ledger(fresh_database: MakeDatabase) -> AsyncIterator[LedgerHere]:
    files = fresh_database(schemas=("audit",))
    app = await Database.open(files.app_url(), schema="audit", codec=encode_event)
    worker = await Database.open(files.worker_url(), schema="audit", codec=encode_event)
    yield LedgerHere(files, app, worker)
    await app.close()
    await worker.close()
