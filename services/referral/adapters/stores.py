"""Everything that the use cases read and write, in one hand."""

from dataclasses import dataclass, field

from services.referral.adapters.known_agreements import KnownAgreements
from services.referral.adapters.postgres_capacity import PostgresCapacity
from services.referral.adapters.postgres_contact_attempts import PostgresContactAttempts
from services.referral.adapters.postgres_deadlines import PostgresDeadlines
from services.referral.adapters.postgres_demand import PostgresDemand
from services.referral.adapters.postgres_directory import PostgresDirectory
from services.referral.adapters.postgres_matches import PostgresMatches
from services.referral.adapters.postgres_notes import PostgresNotes
from services.referral.adapters.postgres_policies import PostgresPolicies
from services.referral.adapters.postgres_pressing import PostgresPressing
from services.referral.adapters.postgres_reads import PostgresReads
from services.referral.adapters.postgres_referral_pages import PostgresReferralPages
from services.referral.adapters.postgres_referrals import PostgresReferrals
from services.referral.adapters.postgres_service_starts import PostgresServiceStarts
from services.referral.adapters.postgres_waitlist import PostgresWaitlist


@dataclass(frozen=True, slots=True)
class Stores:
    """One of each; they hold no state."""

    referrals: PostgresReferrals = field(default_factory=PostgresReferrals)
    deadlines: PostgresDeadlines = field(default_factory=PostgresDeadlines)
    waitlist: PostgresWaitlist = field(default_factory=PostgresWaitlist)
    matches: PostgresMatches = field(default_factory=PostgresMatches)
    demand: PostgresDemand = field(default_factory=PostgresDemand)
    contact_attempts: PostgresContactAttempts = field(default_factory=PostgresContactAttempts)
    notes: PostgresNotes = field(default_factory=PostgresNotes)
    policies: PostgresPolicies = field(default_factory=PostgresPolicies)
    reads: PostgresReads = field(default_factory=PostgresReads)
    pages: PostgresReferralPages = field(default_factory=PostgresReferralPages)
    pressing: PostgresPressing = field(default_factory=PostgresPressing)
    agreements: KnownAgreements = field(default_factory=KnownAgreements)
    directory: PostgresDirectory = field(default_factory=PostgresDirectory)
    capacity: PostgresCapacity = field(default_factory=PostgresCapacity)
    service_starts: PostgresServiceStarts = field(default_factory=PostgresServiceStarts)
