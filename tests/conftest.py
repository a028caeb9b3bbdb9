"""Fixtures that every layer may use; each starts its real server on first use only."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.support.postgres", "tests.support.broker", "tests.support.apache"]

# A slow machine is not a failure; the core run is the same every time, the deep run looks further.
_SLOW = [HealthCheck.too_slow]
settings.register_profile("core", deadline=None, derandomize=True, suppress_health_check=_SLOW)
settings.register_profile("deep", deadline=None, max_examples=5_000, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("KEM_TEST_DEPTH", "core"))
