"""Intake over a database of its own for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.support.consented_people import OpenIntake, open_intake
from tests.support.postgres import MakeDatabase
from tests.support.recalls import Recalls
from tests.support.retention import Retention


@pytest.fixture
async def intake(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[OpenIntake]:
    """Intake's parts, ready for use cases."""
    async with open_intake(fresh_database(schemas=("intake",)), tmp_path) as opened:
        yield opened


@pytest.fixture
async def recalls(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[Recalls]:
    """The same, with a superuser who lets time pass."""
    database = fresh_database(schemas=("intake",))
    superuser = await asyncpg.connect(database.superuser_url)
    try:
        async with open_intake(database, tmp_path) as intake:
            yield Recalls(intake, superuser, tmp_path)
    finally:
        await superuser.close()


@pytest.fixture
async def retention(recalls: Recalls) -> Retention:
    """The same, with what is kept for how long."""
    return Retention(recalls.intake, recalls.superuser, recalls.keys_folder)
