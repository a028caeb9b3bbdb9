"""A vault with keys in a folder of its own, over a real database."""

import asyncio
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
from services.intake.adapters.identifier_search import FoundPerson, IdentifierSearch
from services.intake.adapters.keys import KeyKeeper
from services.intake.adapters.known_names import KnownNames
from services.intake.adapters.people_search import PeopleSearch
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_search_tally import PostgresSearchTally
from services.intake.adapters.root_key import open_keys
from services.intake.adapters.vault import Vault
from services.intake.domain.beneficiary import Beneficiary
from services.intake.domain.name_index import NameQuery
from services.intake.domain.search_allowance import SearchLimits
from services.intake.use_cases.register_beneficiary import RegisterBeneficiary, register_beneficiary
from services.intake.use_cases.search_beneficiaries import (
    IdentifierText,
    SearchBeneficiaries,
    search_beneficiaries,
)
from tests.support.postgres import FreshDatabase

SEARCH = "/kem.intake.v1.IntakeService/SearchBeneficiaries"
SEARCH_LIMITS = SearchLimits()
KEM = UUID("00000000-0000-4000-8000-00000000000a")


def worker_of(agency_id: UUID | None = KEM, *roles: str) -> Caller:
    """Somebody who works for the agency."""
    return Caller(uuid4(), agency_id, frozenset(roles or {"intake_worker"}), "", "pwd", "test")


DPO = worker_of(None, "dpo")
"""The hub's own data protection officer."""


@dataclass(frozen=True, slots=True)
class OpenVault:
    """The vault's parts, ready for use cases."""

    database: Database
    vault: Vault
    people: PostgresBeneficiaries
    search: IdentifierSearch
    names: KnownNames
    people_search: PeopleSearch
    tally: PostgresSearchTally

    async def find(
        self, wanted: IdentifierText | NameQuery, caller: Caller | None = None, reason: str = "PERSON_IS_HERE"
    ) -> list[FoundPerson]:
        """Searches by the use case, in a transaction of its own."""
        async with self.database.transaction(caller or worker_of()) as tx:
            command = SearchBeneficiaries(wanted, reason)
            return await search_beneficiaries(command, SEARCH, tx, self.people_search, self.tally)

    async def register(self, beneficiary: Beneficiary, caller: Caller | None = None) -> BeneficiaryId:
        """Registers by the use case, in a transaction of its own."""
        command = RegisterBeneficiary(uuid4(), beneficiary, Origin.KEM_DESK)
        async with self.database.transaction(caller or worker_of()) as tx:
            return await register_beneficiary(command, tx, self.vault, self.people, self.search)


@asynccontextmanager
async def open_vault(
    database: FreshDatabase,
    keys_folder: Path,
    limits: SearchLimits = SEARCH_LIMITS,
    *,
    keeper: KeyKeeper | None = None,
) -> AsyncIterator[OpenVault]:
    """Opens the vault as the service does at its start."""
    opened = await Database.open(database.app_url("intake"), schema="intake", codec=encode)
    worker = await Database.open(database.worker_url("intake"), schema="intake", codec=encode)
    try:
        keys = await open_keys(opened, keys_folder, keeper)
        vault = Vault(keys)
        search, names = IdentifierSearch(vault), KnownNames(worker, keys)
        loading = asyncio.create_task(names.run())
        try:
            yield OpenVault(
                opened,
                vault,
                PostgresBeneficiaries(vault),
                search,
                names,
                PeopleSearch(search, names),
                PostgresSearchTally(limits),
            )
        finally:
            loading.cancel()
            await asyncio.wait([loading])
    finally:
        await asyncio.gather(opened.close(), worker.close())
