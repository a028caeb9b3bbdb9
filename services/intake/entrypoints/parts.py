"""What the doors share: made once by __main__, passed to every server."""

from dataclasses import dataclass

from chassis.postgres import Database
from services.intake.adapters.identifier_search import IdentifierSearch
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.vault import Vault


@dataclass(frozen=True, slots=True)
class VaultParts:
    """The vault and the people in it; `database` is the login that row-level security binds."""

    database: Database
    vault: Vault
    people: PostgresBeneficiaries
    search: IdentifierSearch

    @staticmethod
    def over(database: Database, vault: Vault) -> "VaultParts":
        return VaultParts(database, vault, PostgresBeneficiaries(vault), IdentifierSearch(vault))
