"""A vault with keys in a folder of its own, over a real database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from chassis.caller import Caller
from chassis.postgres import Database
from kernel.ids import BeneficiaryId
from kernel.vocabulary import Origin
from services.intake.adapters.event_codec import encode
from services.intake.adapters.identifier_search import IdentifierSearch
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.root_key import open_keys
from services.intake.adapters.vault import Vault
from services.intake.domain.beneficiary import Beneficiary
from services.intake.use_cases.register_beneficiary import RegisterBeneficiary, register_beneficiary
from tests.support.postgres import FreshDatabase

KEM = UUID("00000000-0000-4000-8000-00000000000a")


def worker_of(agency_id: UUID | None = KEM, *roles: str) -> Caller:
    """Somebody who works for the agency."""
    return Caller(uuid4(), agency_id, frozenset(roles or {"intake_worker"}), "", "pwd", "test")


@dataclass(frozen=True, slots=True)
class OpenVault:
    """The vault's parts, ready for use cases."""

    database: Database
    vault: Vault
    people: PostgresBeneficiaries
    search: IdentifierSearch

    async def register(self, beneficiary: Beneficiary, caller: Caller | None = None) -> BeneficiaryId:
        """Registers by the use case, in a transaction of its own."""
        command = RegisterBeneficiary(uuid4(), beneficiary, Origin.KEM_DESK)
        async with self.database.transaction(caller or worker_of()) as tx:
            return await register_beneficiary(command, tx, self.vault, self.people, self.search)


@asynccontextmanager
async def open_vault(database: FreshDatabase, keys_folder: Path) -> AsyncIterator[OpenVault]:
    """Opens the vault as the service does at its start."""
    opened = await Database.open(database.app_url("intake"), schema="intake", codec=encode)
    try:
        vault = Vault(await open_keys(opened, keys_folder))
        yield OpenVault(opened, vault, PostgresBeneficiaries(vault), IdentifierSearch(vault))
    finally:
        await opened.close()
