"""Fixtures that every layer may use; each starts its real server on first use only."""

import asyncio
import gc
import io
import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.postgres", "tests.support.broker", "tests.support.apache"]

# A slow machine is not a failure; the core run is the same every time, the deep run looks further.
_SLOW = [HealthCheck.too_slow]
settings.register_profile("core", deadline=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("deep", deadline=None, max_examples=5_000, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("KEM_TEST_DEPTH", "core"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that was stopped at its limit says what each of its tasks still waited for."""
    report = yield
    if call.excinfo is not None and str(call.excinfo.value).startswith("Timeout (>"):
        report.sections.append(("where each task waited", _waiting_tasks()))
    return report


def _waiting_tasks() -> str:
    stacks = io.StringIO()
    for task in gc.get_objects():
        if isinstance(task, asyncio.Task) and not task.done():
            task.print_stack(limit=8, file=stacks)
    return stacks.getvalue()
