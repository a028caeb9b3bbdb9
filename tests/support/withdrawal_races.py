"""A disclosure races the withdrawal of the consent that it rests on; and the naive way, which loses."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId, DisclosureId
from services.intake.adapters.postgres_consents import CELL_COLUMNS, cell_from
from services.intake.adapters.postgres_disclosures import PostgresDisclosures
from services.intake.adapters.vault import Vault
from services.intake.domain.cells import Cell
from services.intake.domain.need import RecordedNeed
from services.intake.use_cases.get_disclosure import DisclosureParts, GetDisclosure, get_disclosure
from services.intake.use_cases.withdraw_consent import Withdrawal
from tests.support.consented_people import METHOD, OpenIntake, agreement_with, grant, member_of

AGENCY = uuid4()
PATIENCE_SECONDS = 0.02
"""A withdrawal that nothing holds up has committed by then; one that waits for a lock has not."""


class PlainReadDisclosures(PostgresDisclosures):
    """The naive way: reads what it decides on without a lock. Kept so that the races can be seen lost."""

    async def hold_person_still(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> bool:
        return True

    async def lock_grants(
        self, tx: Transaction, beneficiary_id: BeneficiaryId, agency_id: UUID, purpose: str
    ) -> tuple[Cell, ...]:
        rows = await tx.connection.fetch(
            f"select {CELL_COLUMNS} from grant_cell where beneficiary_id = $1 and agency_id = $2"
            " and purpose = $3 and withdrawn_time is null",
            beneficiary_id,
            agency_id,
            purpose,
        )
        return tuple(cell_from(row) for row in rows)


class GrantLockOnlyDisclosures(PostgresDisclosures):
    """Leaves out the lock on the person, so that the one on the grants is seen to hold by itself."""

    async def hold_person_still(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> bool:
        return True


class PatientVault(Vault):
    """Opens a person's data only after the withdrawal has had its chance: the worst moment of the race."""

    def __init__(self, vault: Vault, withdrawal: "asyncio.Task[Withdrawal]", begun: asyncio.Event) -> None:
        self._vault = vault
        self._withdrawal = withdrawal
        self._begun = begun

    async def read_categories(
        self, tx: Transaction, beneficiary_id: BeneficiaryId, mask: int
    ) -> dict[str, Any] | None:
        self._begun.set()
        await asyncio.wait({self._withdrawal}, timeout=PATIENCE_SECONDS)
        return await self._vault.read_categories(tx, beneficiary_id, mask)


@dataclass(frozen=True, slots=True)
class Races:
    """How races ended: data given, refused, and given although the withdrawal was committed before."""

    given: int
    refused: int
    leaks: int


async def race(intake: OpenIntake, disclosures: PostgresDisclosures, times: int) -> Races:
    """Races one after another over one held referral, half of them forced to the worst moment."""
    person = await intake.person()
    await intake.agree(agreement_with(AGENCY))
    need = await intake.need(person)
    await intake.accepted(need, AGENCY)
    given: set[DisclosureId] = set()
    for number in range(times):
        await intake.consent(person, grant(AGENCY))
        disclosure_id = await _one(intake, disclosures, person, need, is_forced=number % 2 == 0)
        given |= {disclosure_id} if disclosure_id else set()
    return Races(len(given), times - len(given), await _leaks(intake))


async def _one(
    intake: OpenIntake,
    disclosures: PostgresDisclosures,
    person: BeneficiaryId,
    need: RecordedNeed,
    *,
    is_forced: bool,
) -> DisclosureId | None:
    begun = asyncio.Event()

    async def withdraw() -> Withdrawal:
        if is_forced:
            await begun.wait()
        return await intake.withdraw(person)

    withdrawal = asyncio.create_task(withdraw())
    parts = intake.disclosure_parts
    vault = PatientVault(parts.vault, withdrawal, begun) if is_forced else parts.vault
    parts = DisclosureParts(parts.database, parts.held_referrals, disclosures, parts.agreements, vault)
    try:
        command = GetDisclosure(uuid4(), need.referral_id)
        given = await get_disclosure(command, member_of(AGENCY), METHOD, parts, wait_seconds=0)
        return given.disclosure_id
    except RuleBroken:
        return None
    finally:
        await withdrawal


async def _leaks(intake: OpenIntake) -> int:
    """Disclosures that were committed after a withdrawal and before the next consent."""
    leaks, is_in_force = 0, False
    for event in await intake.told("ConsentRecorded", "ConsentWithdrawn", "DisclosureGiven"):
        if event["type"] == "DisclosureGiven":
            leaks += not is_in_force
        else:
            is_in_force = event["type"] == "ConsentRecorded"
    return leaks
