"""The stages of the fault tests, for longer days on them."""

from tests.fault.conftest import database, scratch_server, scratch_template, silent_stage, stage, stored

__all__ = ["database", "scratch_server", "scratch_template", "silent_stage", "stage", "stored"]
