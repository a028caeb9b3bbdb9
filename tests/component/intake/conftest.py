"""A running intake of each test's own, and a desk at it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.component.intake.desk import Desk, desk_at
from tests.support.intake import RunningIntake, running_intake
from tests.support.postgres import MakeDatabase


@pytest.fixture
async def intake(fresh_database: MakeDatabase, tmp_path: Path) -> AsyncIterator[RunningIntake]:
    async with running_intake(fresh_database(schemas=("intake",)), tmp_path) as running:
        yield running


@pytest.fixture
async def desk(intake: RunningIntake) -> AsyncIterator[Desk]:
    async with desk_at(intake) as opened:
        yield opened
