"""Keeps everything of a person for a claim or a law, past its time and against an erasure; and ends that."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.errors import NotFound, RuleBroken
from kernel.ids import BeneficiaryId, random_id
from services.intake.adapters.postgres_beneficiaries import NO_SUCH_PERSON, PostgresBeneficiaries
from services.intake.adapters.postgres_retention_holds import OpenHold, PostgresRetentionHolds
from services.intake.adapters.vault import Vault
from services.intake.domain.retention import HoldGround
from services.intake.domain.retention_events import RetentionHoldLifted, RetentionHoldPlaced
from services.intake.use_cases.freeze_consent import sealed_words
from services.intake.use_cases.hub_officer import hub_officer_only, reach_everything
from services.intake.use_cases.page_with_words import Place, page_with_words


@dataclass(frozen=True, slots=True)
class HoldParts:
    """What holds work with."""

    people: PostgresBeneficiaries
    holds: PostgresRetentionHolds
    vault: Vault


@dataclass(frozen=True, slots=True)
class PlaceHold:
    """Whose data, on what ground, and which claim or law, in words that are kept sealed."""

    request_id: UUID
    beneficiary_id: BeneficiaryId
    ground: HoldGround
    words: str


@dataclass(frozen=True, slots=True)
class LiftHold:
    """Which hold, and why it is needed no longer, in words that are kept sealed."""

    request_id: UUID
    retention_hold_id: UUID
    words: str


async def place_hold(command: PlaceHold, method: str, tx: Transaction, parts: HoldParts) -> OpenHold:
    """The hold; it holds whatever is seen as this person's, from the commit on.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or the caller acts for an agency.
        RuleBroken: BENEFICIARY_ERASED.
    """
    if tx.caller.agency_id is not None:
        raise NotFound(NO_SUCH_PERSON, reason="BENEFICIARY_NOT_FOUND")
    await reach_everything(tx)
    await parts.people.lock_as_one(tx, command.beneficiary_id)
    hold_id, now = random_id(), await tx.now()
    sealed = await sealed_words(command.words, command.beneficiary_id, hold_id, tx, parts.vault)
    hold = OpenHold(hold_id, command.beneficiary_id, command.ground, sealed, now)
    await parts.holds.add(tx, hold)
    tx.publish(RetentionHoldPlaced(hold_id, command.ground, request_id=command.request_id))
    tx.record_access(AccessRecord("intake", method, [command.beneficiary_id]))
    return hold


async def lift_hold(command: LiftHold, method: str, tx: Transaction, parts: HoldParts) -> datetime:
    """When it ended: what is due goes with the next destruction.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: RETENTION_HOLD_NOT_FOUND: there is none, it was lifted, or the caller acts for an agency.
    """
    found = None
    if tx.caller.agency_id is None:
        await reach_everything(tx)
        found = await parts.holds.open_of(tx, command.retention_hold_id)
    if found is not None:
        await parts.people.lock_as_one(tx, found.beneficiary_id)
        found = await parts.holds.open_of(tx, command.retention_hold_id)  # two may lift at once
    if found is None:
        raise NotFound("There is no such hold, or it was lifted.", reason="RETENTION_HOLD_NOT_FOUND")
    now = await tx.now()
    sealed = await sealed_words(
        command.words, found.beneficiary_id, command.retention_hold_id, tx, parts.vault
    )
    await parts.holds.lift(tx, command.retention_hold_id, sealed, now)
    tx.publish(RetentionHoldLifted(command.retention_hold_id, request_id=command.request_id))
    tx.record_access(AccessRecord("intake", method, [found.beneficiary_id]))
    return now


async def list_holds(
    size: int, after: Place | None, method: str, tx: Transaction, parts: HoldParts
) -> tuple[list[tuple[OpenHold, str]], Place | None]:
    """Holds that stand with their words, the oldest first, and where the next page begins; it is on record.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
    """
    hub_officer_only(tx.caller)
    await reach_everything(tx)
    return await page_with_words(
        await parts.holds.listed(tx, after, size + 1),
        size,
        method,
        tx,
        parts.vault,
        place=lambda hold: (hold.placed_time, hold.retention_hold_id),
        sealed=lambda hold: (hold.beneficiary_id, hold.retention_hold_id, hold.sealed_words),
    )


async def refuse_held(tx: Transaction, records: list[BeneficiaryId], holds: PostgresRetentionHolds) -> None:
    """Keeps what is held from an erasure; the caller holds the people's lock and reaches everything.

    Raises:
        RuleBroken: RETENTION_HOLD_STANDS.
    """
    if await holds.stands(tx, records):
        raise RuleBroken(
            "Everything of this person is kept for a legal claim or obligation (ListRetentionHolds):"
            " refuse the request on that ground, or lift the hold first.",
            reason="RETENTION_HOLD_STANDS",
        )
