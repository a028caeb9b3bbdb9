"""What agencies were given is asked back, by the use cases themselves over a real database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from chassis.caller import Caller
from kernel.ids import BeneficiaryId
from kernel.vocabulary import Routing
from services.intake.adapters.postgres_consent_moments import PostgresConsentMoments
from services.intake.adapters.tombstones import Tombstones
from services.intake.domain.need import RecordedNeed
from services.intake.domain.recall import Acknowledgement, Recall
from services.intake.use_cases.acknowledge_recall import AcknowledgeRecall, acknowledge_recall
from services.intake.use_cases.erase_beneficiary import erase_beneficiary
from services.intake.use_cases.list_recalls import RecallFilter, RecallsPage, RecallView, list_recalls
from services.intake.use_cases.tell_consent_moments import tell_consent_moments
from services.intake.use_cases.tell_overdue_recalls import tell_overdue_recalls
from tests.support.consented_people import METHOD, OpenIntake, agreement_with, bits, grant, member_of
from tests.support.telephone import A
from tests.support.vault import worker_of

B = UUID("00000000-0000-4000-8000-0000000000bb")
HOLDER, OFFICER = member_of(A), worker_of(None, "dpo")
EVERYTHING_GIVEN = ("NAME", "LANGUAGES", "SAFE_CONTACT")
WORDS = "The tax office asks for our books of this year."
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Recalls:
    """Short ways to the use cases; `superuser` lets time pass."""

    intake: OpenIntake
    superuser: asyncpg.Connection
    keys_folder: Path

    async def given(self, person: BeneficiaryId, *agencies: UUID) -> RecordedNeed:
        """A need of this person that each of the agencies held in turn, and was given what it might see."""
        need = await self.intake.need(person, routing=Routing.ASK_FIRST)
        for version, agency_id in enumerate(agencies, start=1):
            await self.intake.accepted(need, agency_id, version=version)
            await self.intake.disclose(need, member_of(agency_id))
        return need

    async def person_who_allows(self, *agencies: UUID, **consent: Any) -> BeneficiaryId:
        person = await self.intake.person()
        await self.intake.agree(*(agreement_with(agency_id) for agency_id in agencies))
        await self.intake.consent(
            person, *(grant(one, bits(*EVERYTHING_GIVEN)) for one in agencies), **consent
        )
        return person

    async def erase(self, person: BeneficiaryId) -> None:
        parts, tombstones = self.intake.parts, Tombstones(self.keys_folder)
        async with self.intake.database.transaction(self.intake.desk) as tx:
            await erase_beneficiary(person, tx, parts.people, tombstones, parts.recalls)

    async def tell(self) -> int:
        """What the timer does."""
        async with self.intake.worker.transaction(Caller.of_service("intake")) as tx:
            return await tell_consent_moments(tx, PostgresConsentMoments(), self.intake.parts.recalls)

    async def tell_overdue(self) -> int:
        """What the other timer does."""
        async with self.intake.worker.transaction(Caller.of_service("intake")) as tx:
            return await tell_overdue_recalls(tx, self.intake.parts.recalls)

    async def time_passes(self, time: timedelta) -> None:
        """Everything that is on record happened so much earlier."""
        for table, *columns in (
            ("consent", "valid_from_time", "valid_until_time"),
            ("consent_event", "happened_time", "recorded_time"),
            ("grant_cell", "valid_from_time", "valid_until_time", "withdrawn_time"),
            ("consent_moment", "due_time"),
            ("disclosure", "disclosed_time"),
            ("recall", "opened_time", "due_time", "overdue_told_time"),
            ("recalled_disclosure", "disclosed_time"),
        ):
            earlier = ", ".join(f"{column} = {column} - $1::interval" for column in columns)
            await self.superuser.execute(f"update intake.{table} set {earlier}", time)

    async def listed(
        self,
        by: Caller,
        view: RecallView = RecallView.SENT,
        only: RecallFilter = RecallFilter.OPEN,
        size: int = 0,
        after: tuple[datetime, UUID] | None = None,
    ) -> RecallsPage:
        parts = self.intake.parts
        async with self.intake.database.transaction(by) as tx:
            return await list_recalls(view, only, size, after, METHOD, tx, parts.recalls, parts.vault)

    async def open(self) -> list[Recall]:
        """As an officer sees them."""
        return [recall for recall, _ in (await self.listed(OFFICER)).recalls]

    async def answer(
        self,
        recall: Recall,
        *,
        kept: tuple[str, ...] = (),
        destroyed: tuple[str, ...] | None = None,
        ground: str | None = None,
        words: str = "",
        by: Caller = HOLDER,
    ) -> datetime:
        """Destroyed is whatever is not kept, unless said otherwise."""
        mask = recall.recalled_mask & ~bits(*kept) if destroyed is None else bits(*destroyed)
        ground = ("LEGAL_OBLIGATION" if kept else "") if ground is None else ground
        command = AcknowledgeRecall(
            uuid4(), recall.recall_id, Acknowledgement(mask, bits(*kept), ground), words
        )
        parts = self.intake.parts
        async with self.intake.database.transaction(by) as tx:
            return await acknowledge_recall(command, tx, parts.recalls, parts.vault)
