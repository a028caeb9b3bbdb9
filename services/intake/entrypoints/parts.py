"""What the doors share: made once by __main__, passed to every server."""

from dataclasses import dataclass

from chassis.postgres import Database
from services.intake.adapters.identifier_search import IdentifierSearch
from services.intake.adapters.known_names import KnownNames
from services.intake.adapters.likely_duplicates import LikelyDuplicates
from services.intake.adapters.people_search import PeopleSearch
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.postgres_corrections import PostgresCorrections
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.postgres_search_tally import PostgresSearchTally
from services.intake.adapters.vault import Vault
from services.intake.domain.search_allowance import SearchLimits


@dataclass(frozen=True, slots=True)
class VaultParts:
    """The vault and the people in it; `database` is the login that row-level security binds."""

    database: Database
    vault: Vault
    people: PostgresBeneficiaries
    search: IdentifierSearch
    people_search: PeopleSearch
    search_tally: PostgresSearchTally
    likely_duplicates: LikelyDuplicates
    corrections: PostgresCorrections
    recalls: PostgresRecalls
    freezes: PostgresConsentFreezes

    @staticmethod
    def over(database: Database, vault: Vault, names: KnownNames, limits: SearchLimits) -> "VaultParts":
        search = IdentifierSearch(vault)
        return VaultParts(
            database,
            vault,
            PostgresBeneficiaries(vault),
            search,
            PeopleSearch(search, names),
            PostgresSearchTally(limits),
            LikelyDuplicates(vault, search, names),
            PostgresCorrections(),
            PostgresRecalls(),
            PostgresConsentFreezes(),
        )
