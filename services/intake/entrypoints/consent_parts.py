"""What the doors for consent, needs and disclosure share: made once by __main__."""

from dataclasses import dataclass

from chassis.postgres import Database
from services.intake.adapters.backlog import MAX_WAITING_EVENTS, Backlog
from services.intake.adapters.holding_news import HoldingNews
from services.intake.adapters.needs_writer import NeedsWriter
from services.intake.adapters.postgres_agreements import PostgresAgreements
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.postgres_consent_policy import PostgresConsentPolicy
from services.intake.adapters.postgres_consents import PostgresConsents
from services.intake.adapters.postgres_corrections import PostgresCorrections
from services.intake.adapters.postgres_disclosures import PostgresDisclosures
from services.intake.adapters.postgres_held_referrals import PostgresHeldReferrals
from services.intake.adapters.postgres_needed_categories import PostgresNeededCategories
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.vault import Vault


@dataclass(frozen=True, slots=True)
class ConsentParts:
    """`database` is the login that row-level security binds. `writer` and `backlog` run beside the calls."""

    database: Database
    vault: Vault
    people: PostgresBeneficiaries
    consents: PostgresConsents
    policy: PostgresConsentPolicy
    freezes: PostgresConsentFreezes
    agreements: PostgresAgreements
    needs: PostgresNeeds
    held_referrals: PostgresHeldReferrals
    needed_categories: PostgresNeededCategories
    disclosures: PostgresDisclosures
    recalls: PostgresRecalls
    corrections: PostgresCorrections
    writer: NeedsWriter
    backlog: Backlog
    holding_news: HoldingNews

    @staticmethod
    def over(
        database: Database,
        vault: Vault,
        bootstrap: str | None,
        people: PostgresBeneficiaries | None = None,
        *,
        max_waiting_events: int = MAX_WAITING_EVENTS,
    ) -> "ConsentParts":
        """All parts over one database; without a broker's address the backlog counts the outbox only."""
        return ConsentParts(
            database=database,
            vault=vault,
            people=people or PostgresBeneficiaries(vault),
            consents=PostgresConsents(),
            policy=PostgresConsentPolicy(),
            freezes=PostgresConsentFreezes(),
            agreements=PostgresAgreements(),
            needs=PostgresNeeds(),
            held_referrals=PostgresHeldReferrals(),
            needed_categories=PostgresNeededCategories(),
            disclosures=PostgresDisclosures(),
            recalls=PostgresRecalls(),
            corrections=PostgresCorrections(),
            writer=NeedsWriter(database),
            backlog=Backlog(database, bootstrap, most=max_waiting_events),
            holding_news=HoldingNews(),
        )
