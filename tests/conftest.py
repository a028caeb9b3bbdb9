"""Fixtures that every layer may use; each starts its real server on first use only."""

pytest_plugins = ["tests.support.postgres", "tests.support.broker"]
