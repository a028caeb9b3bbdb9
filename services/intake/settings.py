"""What intake is told beside what every service is told."""

from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings
from services.intake.adapters.backlog import MAX_WAITING_EVENTS


class IntakeSettings(ServiceSettings):
    """`KEM_INTAKE_…`, and `KEM_KEYS_DIR`, which no other service may read."""

    keys_dir: Path = Field(validation_alias="KEM_KEYS_DIR")
    max_waiting_events: int = Field(default=MAX_WAITING_EVENTS, ge=1, le=1_000_000)
    """New needs are refused for a moment while so many events wait to be sent, or to be read by referral."""
    remembered_keys: int = Field(default=8192, ge=100, le=1_000_000)
    """How many people's opened keys stay in memory (about 1 KB each)."""
