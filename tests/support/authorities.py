"""Short ways to the use cases about authorities, over a real database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.caller import Caller
from kernel.ids import AgencyId, BeneficiaryId, random_id
from services.intake.adapters.postgres_authorities import PostgresAuthorities
from services.intake.adapters.postgres_tellings import PostgresTellings
from services.intake.domain.authority import Authority, CompelledRequest, Notification, NotToldReason
from services.intake.domain.telling import Telling
from services.intake.use_cases.decide_compelled_request import (
    DecideCompelledRequest,
    decide_compelled_request,
)
from services.intake.use_cases.decide_telling import DecideTelling, decide_telling
from services.intake.use_cases.get_compelled_disclosure import (
    CompelledDisclosure,
    GetCompelledDisclosure,
    get_compelled_disclosure,
)
from services.intake.use_cases.record_authority_notification import (
    RecordAuthorityNotification,
    record_authority_notification,
)
from services.intake.use_cases.register_compelled_request import (
    RegisterCompelledRequest,
    register_compelled_request,
)
from tests.support.consented_people import METHOD, OpenIntake, bits
from tests.support.vault import DPO

WORDS = "The letter names her brother."


@dataclass(frozen=True, slots=True)
class Authorities:
    """Short ways to the use cases."""

    intake: OpenIntake
    store: PostgresAuthorities = field(default_factory=PostgresAuthorities)
    tellings: PostgresTellings = field(default_factory=PostgresTellings)

    async def notify(self, person: BeneficiaryId, *, by: Caller | None = None, **changes: Any) -> UUID:
        fields: dict[str, Any] = {
            "beneficiary_id": person,
            "authority": Authority.PUBLIC_PROSECUTOR,
            "legal_reference": "Law 3500/2006, art. 23",
            "protocol_number": "ΑΠ 77/2026",
            "told_mask": bits("NAME", "PROTECTION"),
            "decided_by_id": uuid4(),
            "person_told_time": None,
            "not_told_reason": NotToldReason.DANGER,
            "happened_time": datetime.now(UTC),
        }
        command = RecordAuthorityNotification(uuid4(), Notification(**(fields | changes)), WORDS)
        parts = self.intake.parts
        async with self.intake.database.transaction(by or self.intake.desk) as tx:
            told, _ = await record_authority_notification(command, tx, parts.people, self.store, parts.vault)
            return told

    async def register(self, person: BeneficiaryId, *asked: str, by: Caller | None = None) -> UUID:
        now = datetime.now(UTC)
        request = CompelledRequest(
            random_id(),
            person,
            AgencyId(UUID(int=0)),
            Authority.POLICE,
            "Code of Criminal Procedure, art. 251",
            "ΑΠ 12/2026",
            bits(*asked),
            b"",
            now - timedelta(hours=1),
            now,
        )
        parts = self.intake.parts
        async with self.intake.database.transaction(by or self.intake.desk) as tx:
            await register_compelled_request(
                RegisterCompelledRequest(uuid4(), request, WORDS), tx, parts.people, self.store, parts.vault
            )
        return request.compelled_request_id

    async def decide(
        self,
        request_id: UUID,
        *allowed: str,
        by: Caller = DPO,
        telling: Telling | None = None,
        words: str = "",
    ) -> datetime:
        command = DecideCompelledRequest(
            uuid4(), request_id, bits(*allowed), "A judge has ordered it.", telling, words
        )
        async with self.intake.database.transaction(by) as tx:
            return await decide_compelled_request(
                command, tx, self.store, self.tellings, self.intake.parts.vault
            )

    async def tell(
        self, request_id: UUID, telling: Telling, *, words: str = "The judge has lifted it.", by: Caller = DPO
    ) -> datetime:
        command = DecideTelling(uuid4(), request_id, telling, words)
        async with self.intake.database.transaction(by) as tx:
            return await decide_telling(command, tx, self.store, self.tellings, self.intake.parts.vault)

    async def take(
        self, compelled_request_id: UUID, *, by: Caller = DPO, request_id: UUID | None = None
    ) -> CompelledDisclosure:
        command = GetCompelledDisclosure(request_id or uuid4(), compelled_request_id)
        async with self.intake.database.transaction(by) as tx:
            return await get_compelled_disclosure(command, METHOD, tx, self.store, self.intake.parts.vault)
