"""The stages of the fault tests, for longer days on them."""

from tests.fault.conftest import database, hub, scratch_server, scratch_template, silent_stage, stage, stored

__all__ = ["database", "hub", "scratch_server", "scratch_template", "silent_stage", "stage", "stored"]
