"""What is kept for how long, by the use cases themselves over a real database in which time passes."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from chassis.caller import Caller
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_destructions import PostgresDestructions
from services.intake.adapters.postgres_erasures import PostgresErasures
from services.intake.adapters.postgres_merges import PostgresMerges
from services.intake.adapters.postgres_retention import PostgresRetention
from services.intake.adapters.postgres_retention_holds import OpenHold, PostgresRetentionHolds
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.beneficiary import Beneficiary
from services.intake.domain.held_referral import Release
from services.intake.domain.need import RecordedNeed
from services.intake.domain.person_export import IdentityProof
from services.intake.domain.retention import HoldGround, RetentionRule
from services.intake.domain.rights_request import Right
from services.intake.use_cases.destroy_due import DestroyDue, Destroyed, destroy_due
from services.intake.use_cases.destroy_keys import DestroyParts, replay_destroyed_keys
from services.intake.use_cases.erase_by_request import EraseByRequest, ErasureParts, erase_by_request
from services.intake.use_cases.follow_tombstones import follow_tombstones
from services.intake.use_cases.hold_back import HoldParts, LiftHold, PlaceHold, lift_hold, place_hold
from services.intake.use_cases.look_at_retention import RetentionLook, look_at_retention
from services.intake.use_cases.part_from_erased import part_from_erased
from services.intake.use_cases.save_retention_rules import save_retention_rules
from services.intake.use_cases.update_beneficiary import UpdateBeneficiary, update_beneficiary
from tests.support.consented_people import METHOD, OpenIntake
from tests.support.rights import Rights
from tests.support.vault import DPO

WORDS = "The yearly round of the data protection officer."
MONTH = timedelta(days=31)
YEAR = 12 * MONTH
_EARLIER = """
    select table_name, array_agg(column_name::text) as columns
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where table_schema = 'intake' and data_type = 'timestamp with time zone' and table_type = 'BASE TABLE'
      and table_name not in ('event_log', 'outbox', 'retention_rule')
    group by table_name
"""


async def let_time_pass(superuser: asyncpg.Connection, time: timedelta) -> None:
    """Everything that is on record in intake happened so much earlier."""
    await superuser.execute("set session_replication_role = replica")  # what is only ever added moves too
    for row in await superuser.fetch(_EARLIER):
        earlier = ", ".join(f"{column} = {column} - $1::interval" for column in row["columns"])
        await superuser.execute(f"update intake.{row['table_name']} set {earlier}", time)
    await superuser.execute("set session_replication_role = origin")


@dataclass(frozen=True, slots=True)
class Retention:
    """Short ways to the use cases; `superuser` lets time pass."""

    intake: OpenIntake
    superuser: asyncpg.Connection
    keys_folder: Path

    @property
    def parts(self) -> DestroyParts:
        parts = self.intake.parts
        return DestroyParts(
            parts.people,
            parts.vault,
            PostgresRetention(),
            PostgresDestructions(),
            Tombstones(self.keys_folder),
            parts.recalls,
        )

    @property
    def holds(self) -> HoldParts:
        return HoldParts(self.intake.parts.people, PostgresRetentionHolds(), self.intake.parts.vault)

    async def time_passes(self, time: timedelta) -> None:
        await let_time_pass(self.superuser, time)

    async def ended(self, need: RecordedNeed, version: int = 99) -> None:
        """The referral has reached a final state, and intake has heard of it."""
        [row] = await self.intake.rows("select clock_timestamp() as now")
        await self.intake.follow(Release(need.referral_id, version, row["now"]))

    async def look(self, *, by: Caller = DPO) -> RetentionLook:
        async with self.intake.database.transaction(by) as tx:
            return await look_at_retention(tx, PostgresRetention())

    async def due(self) -> dict[str, int]:
        """How many people are due and held back by nothing, by class of keys; those of nobody left out."""
        look = await self.look()
        found = {one.rule.key_class: one.standing.due_people for one in look.standings}
        return {key_class: people for key_class, people in found.items() if people}

    async def held_back(self) -> set[str]:
        """On what grounds anything is held back."""
        return {ground for one in (await self.look()).standings for ground, _ in one.standing.held_back}

    async def destroy(
        self, *, by: Caller = DPO, most: int = 50, rules_version: int | None = None
    ) -> Destroyed:
        version = rules_version or (await self.look()).rules_version
        command = DestroyDue(uuid4(), version, WORDS, most)
        async with self.intake.database.transaction(by) as tx:
            return await destroy_due(command, METHOD, tx, self.parts)

    async def save(self, *rules: RetentionRule, by: Caller = DPO) -> int:
        async with self.intake.database.transaction(by) as tx:
            return await save_retention_rules(uuid4(), rules, tx, PostgresRetention())

    async def hold(self, person: BeneficiaryId, *, by: Caller = DPO) -> OpenHold:
        command = PlaceHold(uuid4(), person, HoldGround.LEGAL_CLAIM, "She sues the landlord.")
        async with self.intake.database.transaction(by) as tx:
            return await place_hold(command, METHOD, tx, self.holds)

    async def lift(self, hold: OpenHold, *, by: Caller = DPO) -> None:
        command = LiftHold(uuid4(), hold.retention_hold_id, "The court has decided.")
        async with self.intake.database.transaction(by) as tx:
            await lift_hold(command, METHOD, tx, self.holds)

    async def start_again(self) -> int:
        """What intake does at each start, before anybody is served; answers how many keys went again."""
        parts, worker = self.intake.parts, self.intake.worker
        tombstones = Tombstones(self.keys_folder)
        await follow_tombstones(tombstones, worker, parts.people, parts.recalls)
        await part_from_erased(worker, parts.people, PostgresMerges(), parts.recalls)
        return await replay_destroyed_keys(self.parts, worker)

    async def key_ids(self, person: BeneficiaryId) -> dict[str, UUID]:
        """The present key of each class."""
        rows = await self.intake.rows(
            "select key_class, key_id from data_key where beneficiary_id = $1", person
        )
        return {row["key_class"]: row["key_id"] for row in rows}

    async def update(self, person: BeneficiaryId, said: Beneficiary, version: int | None = None) -> None:
        """The person says something anew at the desk.

        Args:
            version: what the desk has read; None for the present one.
        """
        vault, parts = self.intake.open_vault, self.intake.parts
        async with self.intake.database.transaction(self.intake.desk) as tx:
            row = await vault.people.read(tx, person)
            await update_beneficiary(
                UpdateBeneficiary(uuid4(), person, version or row.version, said),
                METHOD,
                tx,
                vault.vault,
                vault.people,
                vault.search,
                parts.corrections,
                parts.recalls,
                parts.freezes,
            )

    async def erase_by_right(self, person: BeneficiaryId, *others: BeneficiaryId) -> None:
        """The person asks to be erased, and the officer does it, naming their other records."""
        rights, parts = Rights(self.intake), self.intake.parts
        asked = await rights.register(person, Right.ERASURE)
        command = EraseByRequest(uuid4(), asked.rights_request_id, IdentityProof.DOCUMENT_SEEN, others)
        erasing = ErasureParts(
            parts.people, rights.store, PostgresErasures(), Tombstones(self.keys_folder), parts.recalls
        )
        async with self.intake.database.transaction(DPO) as tx:
            await erase_by_request(command, tx, erasing)

    async def fields(self, person: BeneficiaryId) -> dict[str, Any] | None:
        """What the desk reads of the person; None where they are erased."""
        async with self.intake.database.transaction(self.intake.desk) as tx:
            return await self.intake.parts.people.fields(tx, person)
