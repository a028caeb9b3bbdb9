"""Intake over a database of its own for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.consented_people import OpenIntake, open_intake
from tests.support.postgres import MakeDatabase


@pytest.fixture
async def intake(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[OpenIntake]:
    """Intake's parts, ready for use cases."""
    async with open_intake(fresh_database(schemas=("intake",)), tmp_path) as opened:
        yield opened
