"""A referral service without its processes; after each test counters, lists and history must be right."""

from collections.abc import AsyncIterator

import pytest

from tests.support.postgres import FreshDatabase
from tests.support.referral_life import Life, open_life


@pytest.fixture
async def life(fresh: FreshDatabase) -> AsyncIterator[Life]:
    async with open_life(fresh) as opened:
        yield opened
        opened.check_counters()
        opened.check_lists()
        opened.check_history()
