"""What intake is told beside what every service is told."""

from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings
from services.intake.adapters.backlog import MAX_WAITING_EVENTS
from services.intake.domain.search_allowance import SearchLimits


class IntakeSettings(ServiceSettings):
    """`KEM_INTAKE_…`, and `KEM_KEYS_DIR`, which no other service may read."""

    keys_dir: Path = Field(validation_alias="KEM_KEYS_DIR")
    max_waiting_events: int = Field(default=MAX_WAITING_EVENTS, ge=1, le=1_000_000)
    """New needs are refused for a moment while so many events wait to be sent, or to be read by referral."""
    searches_per_minute: int = Field(default=SearchLimits().searches_per_minute, ge=1, le=10_000)
    """A worker who searches more often is asked to wait."""
    searched_people_per_hour: int = Field(default=SearchLimits().people_per_hour, ge=1, le=1_000_000)
    """More different people than these, shown to one worker by searches, raise an alarm."""
    remembered_keys: int = Field(default=8192, ge=100, le=1_000_000)
    """How many people's opened keys stay in memory (about 1 KB each)."""

    @property
    def search_limits(self) -> SearchLimits:
        """What searches are held against."""
        return SearchLimits(self.searches_per_minute, self.searched_people_per_hour)
