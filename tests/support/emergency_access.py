"""Emergency access by the use cases themselves: a holder asks, the sender's supervisor decides."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

from chassis.caller import Caller
from kernel.ids import ReferralId
from services.intake.adapters.postgres_emergencies import PostgresEmergencies
from services.intake.adapters.postgres_emergency_access import PostgresEmergencyAccess
from services.intake.domain.need import RecordedNeed
from services.intake.use_cases.decide_emergency_access import (
    DecidedAccess,
    DecideEmergencyAccess,
    decide_emergency_access,
)
from services.intake.use_cases.get_emergency_disclosure import (
    EmergencyDisclosure,
    EmergencyParts,
    GetEmergencyDisclosure,
    get_emergency_disclosure,
)
from services.intake.use_cases.request_emergency_access import (
    RequestEmergencyAccess,
    request_emergency_access,
)
from tests.support.consented_people import METHOD, OpenIntake, agreement_with, bits, grant, member_of
from tests.support.telephone import WORDS, A
from tests.support.vault import KEM, worker_of

SUPERVISOR: Final = worker_of(KEM, "supervisor")


@dataclass(frozen=True, slots=True)
class Emergency:
    """Short ways to the use cases; `asker` works for agency A."""

    intake: OpenIntake
    asker: Caller = field(default_factory=lambda: member_of(A))
    accesses: PostgresEmergencyAccess = field(default_factory=PostgresEmergencyAccess)

    async def held(self, *allowed: str) -> RecordedNeed:
        """A referral that A holds, of a person who allows it these categories."""
        person = await self.intake.person()
        await self.intake.agree(agreement_with(A))
        await self.intake.consent(person, grant(A, bits(*allowed)))
        need = await self.intake.need(person)
        await self.intake.accepted(need, A)
        return need

    async def ask(self, referral_id: ReferralId, *categories: str, by: Caller | None = None) -> UUID:
        command = RequestEmergencyAccess(uuid4(), referral_id, bits(*categories), WORDS)
        parts = self.intake.parts
        async with self.intake.database.transaction(by or self.asker) as tx:
            asked, _ = await request_emergency_access(
                command, tx, parts.disclosures, self.accesses, parts.vault
            )
        return asked

    async def decide(
        self,
        access_id: UUID,
        *categories: str,
        by: Caller = SUPERVISOR,
        is_authorised: bool = True,
        minutes: int = 0,
    ) -> DecidedAccess:
        command = DecideEmergencyAccess(uuid4(), access_id, is_authorised, bits(*categories), minutes)
        async with self.intake.database.transaction(by) as tx:
            return await decide_emergency_access(command, tx, self.accesses, PostgresEmergencies())

    async def see(
        self, access_id: UUID, *, by: Caller | None = None, request_id: UUID | None = None
    ) -> EmergencyDisclosure:
        parts = self.intake.parts
        emergency = EmergencyParts(parts.database, parts.disclosures, self.accesses, parts.vault)
        command = GetEmergencyDisclosure(request_id or uuid4(), access_id)
        return await get_emergency_disclosure(command, by or self.asker, METHOD, emergency)
