"""People with consent, needs and holders, made by the use cases themselves over a real database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel import codes
from kernel.ids import AgencyId, BeneficiaryId, ConsentId, OfferId
from kernel.vocabulary import LegalBasis, Origin, Routing, Urgency
from services.intake.adapters.event_codec import encode
from services.intake.domain.agreement import Agreement, LegalRegime
from services.intake.domain.cells import Grant, GrantEffect
from services.intake.domain.consent import (
    ConsentGiver,
    ConsentMethod,
    ConsentRecord,
    Interpreter,
    InterpreterMode,
    Notice,
)
from services.intake.domain.held_referral import Acceptance, Release
from services.intake.domain.need import NewNeed, RecordedNeed
from services.intake.domain.notice import NoticeTerms, NoticeText, PublishedNotice
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.use_cases.follow_referrals import HoldingFact, follow_referrals
from services.intake.use_cases.get_disclosure import (
    Disclosure,
    DisclosureParts,
    GetDisclosure,
    get_disclosure,
)
from services.intake.use_cases.record_consent import RecordConsent, record_consent
from services.intake.use_cases.record_need import RecordNeed, record_need
from services.intake.use_cases.save_agreements import SaveAgreements, save_agreements
from services.intake.use_cases.withdraw_consent import Withdrawal, WithdrawConsent, withdraw_consent
from services.intake.use_cases.withdraw_need import WithdrawNeed, withdraw_need
from tests.support.people import invented_person
from tests.support.postgres import FreshDatabase
from tests.support.vault import KEM, OpenVault, open_vault, worker_of

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FAR_AWAY = datetime(2100, 1, 1, tzinfo=UTC)
EVERYTHING = codes.mask(codes.CATEGORIES)
COURSES = "SERVICE_EDUCATION"
METHOD = "/kem.test.v1.Test/Test"
ARABIC = NoticeText("ar", "نص")
"""The one text of the notice that is published in each opened intake."""
TERMS = NoticeTerms("KEM", "GR", "here", "12 months", "at any desk", "HDPA")


def grant(agency_id: UUID, categories: int = EVERYTHING, **changes: Any) -> Grant:
    """A permit by consent for courses."""
    fields: dict[str, Any] = {
        "purpose": COURSES,
        "legal_basis": LegalBasis.CONSENT,
        "effect": GrantEffect.PERMIT,
    }
    return Grant(agency_id=AgencyId(agency_id), categories=categories, **(fields | changes))


def record_of(*grants: Grant, **changes: Any) -> ConsentRecord:
    """A consent given by the person, in force for a month from yesterday on."""
    now = datetime.now(UTC)
    fields: dict[str, Any] = {
        "notice": Notice("1", "ar", ARABIC.sha256),
        "spoken_language": "ara",
        "method": ConsentMethod.WRITTEN,
        "given_by": ConsentGiver.SELF,
        "authority_reference": "",
        "interpreter": Interpreter("12", InterpreterMode.IN_PERSON, True, False, True),
        "read_aloud": True,
        "understanding_checked": True,
        "child_assents": False,
        "valid_from_time": now - timedelta(days=1),
        "valid_until_time": now + timedelta(days=30),
    }
    return ConsentRecord(grants=grants, **(fields | changes))


def agreement_with(agency_id: UUID, **changes: Any) -> Agreement:
    """An agreement that covers everything for a long time."""
    fields: dict[str, Any] = {
        "purposes": tuple(codes.PURPOSES),
        "categories": EVERYTHING,
        "legal_regime": LegalRegime.GDPR_CONTROLLER,
        "transfer_basis": "",
        "valid_from_time": LONG_AGO,
        "valid_until_time": FAR_AWAY,
    }
    return Agreement(agency_id=AgencyId(agency_id), **(fields | changes))


def need_of(beneficiary_id: BeneficiaryId, **changes: Any) -> NewNeed:
    """A normal need for a Greek course."""
    fields: dict[str, Any] = {
        "service_type": "GREEK_A1",
        "urgency": Urgency.NORMAL,
        "routing": Routing.CONSENTED,
        "origin": Origin.KEM_DESK,
    }
    return NewNeed(beneficiary_id=beneficiary_id, **(fields | changes))


def member_of(agency_id: UUID) -> Caller:
    """Somebody of a partner agency."""
    return worker_of(agency_id, "agency_member")


@dataclass(frozen=True, slots=True)
class OpenIntake:
    """Intake's parts with the writer of needs at work; short ways to the use cases."""

    open_vault: OpenVault
    parts: ConsentParts
    worker: Database
    desk: Caller = field(default_factory=worker_of)

    @property
    def database(self) -> Database:
        return self.parts.database

    @property
    def disclosure_parts(self) -> DisclosureParts:
        parts = self.parts
        return DisclosureParts(
            parts.database, parts.held_referrals, parts.disclosures, parts.vault, parts.holding_news
        )

    async def person(self, **changes: Any) -> BeneficiaryId:
        return await self.open_vault.register(invented_person(**changes), self.desk)

    async def agree(self, *agreements: Agreement) -> int:
        async with self.database.transaction(worker_of(KEM, "dpo")) as tx:
            return await save_agreements(SaveAgreements(uuid4(), agreements), tx, self.parts.agreements)

    async def consent(
        self, beneficiary_id: BeneficiaryId, *grants: Grant, by: Caller | None = None, **changes: Any
    ) -> ConsentId:
        command = RecordConsent(uuid4(), beneficiary_id, record_of(*grants, **changes))
        parts = self.parts
        async with self.database.transaction(by or self.desk) as tx:
            return await record_consent(
                command,
                tx,
                parts.people,
                parts.consents,
                parts.policy,
                parts.freezes,
                parts.recalls,
                parts.vault,
            )

    async def withdraw(
        self,
        beneficiary_id: BeneficiaryId,
        agency_id: UUID | None = None,
        *,
        happened_time: datetime | None = None,
    ) -> Withdrawal:
        agency = AgencyId(agency_id) if agency_id else None
        command = WithdrawConsent(uuid4(), beneficiary_id, agency, happened_time)
        async with self.database.transaction(self.desk) as tx:
            return await withdraw_consent(
                command, tx, self.parts.people, self.parts.consents, self.parts.recalls
            )

    async def withdraw_need(self, need: RecordedNeed, tx: Transaction | None = None) -> None:
        """In a transaction of its own, unless one is under way."""
        command = WithdrawNeed(uuid4(), need.need_id, "CHANGED_MIND")
        if tx is not None:
            await withdraw_need(command, tx, self.parts.people, self.parts.needs)
            return
        async with self.database.transaction(self.desk) as own:
            await withdraw_need(command, own, self.parts.people, self.parts.needs)

    async def need(
        self,
        beneficiary_id: BeneficiaryId,
        *,
        by: Caller | None = None,
        request_id: UUID | None = None,
        **changes: Any,
    ) -> RecordedNeed:
        need = need_of(beneficiary_id, **changes)
        return await record_need(
            RecordNeed(request_id or uuid4(), need, repr(need).encode()),
            by or self.desk,
            METHOD,
            database=self.database,
            vault=self.parts.vault,
            writer=self.parts.writer,
            backlog=self.parts.backlog,
            deadline_seconds=5,
        )

    async def follow(self, *facts: Acceptance | Release) -> None:
        """As the reader of kem.referral.v1 does."""
        async with self.worker.transaction(Caller.of_service("intake")) as tx:
            await follow_referrals(
                [HoldingFact(uuid4(), fact) for fact in facts], tx, self.parts.held_referrals
            )

    async def accepted(
        self, need: RecordedNeed, agency_id: UUID, *, version: int = 1, **changes: Any
    ) -> Acceptance:
        """The agency takes the referral up, and intake has heard of it."""
        fields: dict[str, Any] = {
            "offer_id": OfferId(uuid4()),
            "for_assessment": False,
            "happened_time": datetime.now(UTC),
        }
        fact = Acceptance(need.referral_id, version, AgencyId(agency_id), **(fields | changes))
        await self.follow(fact)
        return fact

    async def disclose(
        self,
        need: RecordedNeed,
        caller: Caller,
        *,
        request_id: UUID | None = None,
        wait_seconds: float = 0,
    ) -> Disclosure:
        command = GetDisclosure(request_id or uuid4(), need.referral_id)
        return await get_disclosure(command, caller, METHOD, self.disclosure_parts, wait_seconds=wait_seconds)

    async def rows(self, statement: str, *arguments: Any) -> list[Any]:
        """Rows as the worker sees them: all."""
        async with self.worker.pool.acquire() as connection:
            found: list[Any] = await connection.fetch(statement, *arguments)
            return found

    async def told(self, *types: str) -> list[Any]:
        """What is in the outbox, in order; of these types only where some are named."""
        rows = await self.rows("select type, payload, aggregate_version from outbox order by id")
        return [row for row in rows if not types or row["type"] in types]


@asynccontextmanager
async def open_intake(database: FreshDatabase, keys_folder: Path) -> AsyncIterator[OpenIntake]:
    """Opens what `__main__` opens, without doors and without a broker."""
    worker = await Database.open(database.worker_url("intake"), schema="intake", codec=encode)
    try:
        async with open_vault(database, keys_folder) as vault:
            parts = ConsentParts.over(vault.database, vault.vault, None, vault.people)
            async with worker.transaction(Caller.of_service("intake")) as tx:
                await parts.policy.publish(tx, PublishedNotice("1", TERMS, [ARABIC]), await tx.now())
            writing = asyncio.create_task(parts.writer.run())
            try:
                yield OpenIntake(vault, parts, worker)
            finally:
                writing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await writing
    finally:
        await worker.close()


def bits(*categories: str) -> int:
    """A mask of named categories."""
    return codes.mask(categories)


def named(mask: int) -> set[str]:
    """The categories in a mask."""
    return set(codes.categories_in(mask))


def purposes_without(purpose: str) -> tuple[str, ...]:
    """All purposes but one."""
    return tuple(code for code in codes.PURPOSES if code != purpose)


def newest(rows: Iterable[Any]) -> Any:
    """The last of the rows."""
    return list(rows)[-1]
