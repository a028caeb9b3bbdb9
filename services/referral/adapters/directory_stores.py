"""Everything that the directory's use cases read and write, in one hand."""

from dataclasses import dataclass, field

from services.referral.adapters.postgres_activities import PostgresActivities
from services.referral.adapters.postgres_agencies import PostgresAgencies
from services.referral.adapters.postgres_capacity import PostgresCapacity
from services.referral.adapters.postgres_deadlines import PostgresDeadlines
from services.referral.adapters.postgres_directory import PostgresDirectory
from services.referral.adapters.postgres_listing import PostgresListing
from services.referral.adapters.postgres_needed_categories import PostgresNeededCategories
from services.referral.adapters.postgres_services import PostgresServices


@dataclass(frozen=True, slots=True)
class DirectoryStores:
    """One of each; they hold no state."""

    agencies: PostgresAgencies = field(default_factory=PostgresAgencies)
    services: PostgresServices = field(default_factory=PostgresServices)
    activities: PostgresActivities = field(default_factory=PostgresActivities)
    capacity: PostgresCapacity = field(default_factory=PostgresCapacity)
    listing: PostgresListing = field(default_factory=PostgresListing)
    needed_categories: PostgresNeededCategories = field(default_factory=PostgresNeededCategories)
    directory: PostgresDirectory = field(default_factory=PostgresDirectory)
    deadlines: PostgresDeadlines = field(default_factory=PostgresDeadlines)
