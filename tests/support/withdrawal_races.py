"""A disclosure races the withdrawal of the consent or need it rests on; and the naive way, which loses."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from chassis.postgres import Transaction
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kernel.errors import RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, DisclosureId, ReferralId
from services.intake.adapters.consent_rows import CELL_COLUMNS, cell_from
from services.intake.adapters.postgres_agreements import PostgresAgreements
from services.intake.adapters.postgres_disclosures import Grounds, PostgresDisclosures, Standing
from services.intake.adapters.postgres_held_referrals import held_from
from services.intake.adapters.vault import Vault
from services.intake.domain.held_referral import HeldReferral
from services.intake.domain.need import RecordedNeed
from services.intake.use_cases.get_disclosure import GetDisclosure, get_disclosure
from tests.support.consented_people import METHOD, OpenIntake, agreement_with, grant, member_of

AGENCY = uuid4()
PATIENCE_SECONDS = 0.02
"""A withdrawal that waits for a lock has not committed by then, however long this is."""
LOSING_PATIENCE_SECONDS = 10.0
"""For the naive way, where nothing holds a withdrawal up: it is waited for, on a busy machine too."""


class GrantLockOnlyDisclosures(PostgresDisclosures):
    """Leaves out the lock on the person, so that the one on the grants is seen to hold by itself."""

    async def hold_still(
        self, tx: Transaction, referral_id: ReferralId, agency_id: AgencyId
    ) -> tuple[HeldReferral, Standing] | None:
        row = await tx.connection.fetchrow(
            "select * from held_referral where referral_id = $1 and agency_id = $2", referral_id, agency_id
        )
        standing = Standing(is_erased=False, is_need_withdrawn=False, is_consent_frozen=False)
        return None if row is None else (held_from(row), standing)


class PlainReadDisclosures(GrantLockOnlyDisclosures):
    """The naive way: reads what it decides on without a lock. Kept so that the races can be seen lost."""

    patience_seconds = LOSING_PATIENCE_SECONDS

    async def grounds(self, tx: Transaction, held: HeldReferral, request_id: UUID) -> Grounds:
        rows = await tx.connection.fetch(
            f"select {CELL_COLUMNS} from grant_cell where beneficiary_id = $1 and agency_id = $2"
            " and purpose = $3 and withdrawn_time is null",
            held.beneficiary_id,
            held.agency_id,
            held.purpose,
        )
        agreements = await PostgresAgreements().of_agencies(tx, [AGENCY])
        return Grounds(
            agreements.get(AGENCY),
            tuple(map(cell_from, rows)),
            set_mask=None,
            earlier=None,
            now=await tx.now(),
        )


class PatientVault(Vault):
    """Opens a person's data only after the withdrawal has had its chance: the worst moment of the race."""

    def __init__(
        self, vault: Vault, withdrawal: "asyncio.Task[Any]", begun: asyncio.Event, patience_seconds: float
    ) -> None:
        self._vault = vault
        self._patience_seconds = patience_seconds
        self._withdrawal = withdrawal
        self._begun = begun

    async def read_categories(
        self, tx: Transaction, beneficiary_id: BeneficiaryId, mask: int
    ) -> dict[str, Any] | None:
        self._begun.set()
        await asyncio.wait({self._withdrawal}, timeout=self._patience_seconds)
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
        disclosure_id = await _one(
            intake, disclosures, need, lambda: intake.withdraw(person), is_forced=number % 2 == 0
        )
        given |= {disclosure_id} if disclosure_id else set()
    return Races(len(given), times - len(given), await _leaks(intake))


async def race_needs(intake: OpenIntake, disclosures: PostgresDisclosures, times: int) -> Races:
    """The same with the need taken back, under a consent that stays; each race has a need of its own."""
    person = await intake.person()
    await intake.agree(agreement_with(AGENCY))
    await intake.consent(person, grant(AGENCY))
    given: set[DisclosureId] = set()
    for number in range(times):
        need = await intake.need(person)
        await intake.accepted(need, AGENCY)

        async def withdraw(need: RecordedNeed = need) -> None:
            await intake.withdraw_need(need)

        disclosure_id = await _one(intake, disclosures, need, withdraw, is_forced=number % 2 == 0)
        given |= {disclosure_id} if disclosure_id else set()
    return Races(len(given), times - len(given), await _leaks_of_needs(intake))


async def _one(
    intake: OpenIntake,
    disclosures: PostgresDisclosures,
    need: RecordedNeed,
    withdraw: Callable[[], Awaitable[Any]],
    *,
    is_forced: bool,
) -> DisclosureId | None:
    begun = asyncio.Event()

    async def in_its_time() -> None:
        if is_forced:
            await begun.wait()
        await withdraw()

    withdrawal = asyncio.create_task(in_its_time())
    parts = intake.disclosure_parts
    patience_seconds = getattr(disclosures, "patience_seconds", PATIENCE_SECONDS)
    vault = PatientVault(parts.vault, withdrawal, begun, patience_seconds) if is_forced else parts.vault
    parts = replace(parts, disclosures=disclosures, vault=vault)
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


async def _leaks_of_needs(intake: OpenIntake) -> int:
    """Disclosures that were committed after their need was withdrawn."""
    leaks, withdrawn = 0, set()
    for event in await intake.told("NeedWithdrawn", "DisclosureGiven"):
        if event["type"] == "NeedWithdrawn":
            withdrawn.add(IntakeEvent.FromString(event["payload"]).need_withdrawn.referral_id)
        else:
            referral_id = DisclosureEvent.FromString(event["payload"]).disclosure_given.referral_id
            leaks += referral_id in withdrawn
    return leaks
