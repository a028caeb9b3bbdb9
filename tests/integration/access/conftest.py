"""The service's tables in a fresh database, its verbs, clocks that a test can move, and a sample provider."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from chassis.postgres import Database
from services.access.adapters.event_codec import encode_event
from services.access.adapters.identity_provider import IdentityProvider
from services.access.adapters.password_hasher import PasswordHasher
from tests.integration.access.providers import linked, provider_of
from tests.integration.access.staff import Person, Staff, staff_over
from tests.support.identity_provider import SampleProvider
from tests.support.postgres import MakeDatabase

IDLE = timedelta(minutes=30)


@pytest.fixture(scope="session")
def hasher() -> PasswordHasher:
    """One for all: it makes its hash of nobody's password once."""
    return PasswordHasher()


@pytest.fixture
async def staff(fresh_database: MakeDatabase, tmp_path: Path, hasher: PasswordHasher) -> AsyncIterator[Staff]:
    files = fresh_database(schemas=("access",))
    app = await Database.open(files.app_url(), schema="access", codec=encode_event)
    worker = await Database.open(files.worker_url(), schema="access", codec=encode_event)
    yield staff_over(files, app, worker, hasher, tmp_path)
    await app.close()
    await worker.close()


@pytest.fixture
async def sample() -> AsyncIterator[SampleProvider]:
    one = SampleProvider()
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def providers(sample: SampleProvider, tmp_path: Path) -> AsyncIterator[dict[str, IdentityProvider]]:
    provider = provider_of(sample, tmp_path)
    yield {"city": provider}
    await provider.close()


@pytest.fixture
async def person(staff: Staff, sample: SampleProvider) -> Person:
    """Somebody whom the provider knows, and whose account is linked."""
    return await linked(staff, sample)
