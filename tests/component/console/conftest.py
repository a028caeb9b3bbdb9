"""One hub with its console for all tests of pages that a process runs."""

from collections.abc import AsyncIterator

import pytest

from tests.support.console import ConsoleHub, running_console


@pytest.fixture(scope="session")
async def console(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ConsoleHub]:
    async with running_console(tmp_path_factory.mktemp("console")) as running:
        yield running
