"""Gives the holder of a referral what consent permits: checked, recorded and released in one transaction."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel.errors import Conflict, KemError
from kernel.ids import DisclosureId, ReferralId, ordered_id
from services.intake.adapters.holding_news import HoldingNews
from services.intake.adapters.postgres_corrections import corrected_since_given
from services.intake.adapters.postgres_disclosures import (
    DisclosureRow,
    EarlierDisclosure,
    PostgresDisclosures,
)
from services.intake.adapters.postgres_held_referrals import PostgresHeldReferrals
from services.intake.adapters.vault import Vault
from services.intake.domain.cells import Cell
from services.intake.domain.disclosure import Refusal, Span, decide_disclosure, permitted_until
from services.intake.domain.events import DisclosureGiven
from services.intake.domain.held_referral import HeldReferral
from services.intake.domain.needed_categories import needed_mask
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.refuse_disclosure import refuse

ACCEPTANCE_WAIT_SECONDS: Final = 2.0
LOOK_AGAIN_SECONDS: Final = 0.5
"""For an acceptance that another process of intake has heard of: nothing wakes the calls of this one."""


@dataclass(frozen=True, slots=True)
class GetDisclosure:
    """The same `request_id` names the same disclosure; what it may see is decided anew."""

    request_id: UUID
    referral_id: ReferralId


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What was given: fields by name, of the categories in `given_mask` only."""

    disclosure_id: DisclosureId
    disclosed_time: datetime
    purpose: str
    asked_mask: int
    given_mask: int
    fields: Mapping[str, Any]
    permitted_until_time: datetime | None = None
    """Until when all of it stays permitted if nothing ends that before."""


@dataclass(frozen=True, slots=True)
class DisclosureParts:
    """What disclosure works with."""

    database: Database
    held_referrals: PostgresHeldReferrals
    disclosures: PostgresDisclosures
    vault: Vault
    news: HoldingNews


async def get_disclosure(
    command: GetDisclosure,
    caller: Caller,
    method: str,
    parts: DisclosureParts,
    *,
    wait_seconds: float = ACCEPTANCE_WAIT_SECONDS,
) -> Disclosure:
    """The permitted fields, committed as a disclosure before they are answered. Refusals are recorded too.

    The acceptance travels by Kafka: where it has not arrived it is waited for, outside any transaction.

    Raises:
        NotYetKnown: ACCEPTANCE_NOT_KNOWN: no such referral, or the caller's agency does not hold it, or its
            acceptance has not arrived: told apart on record only, and after the same time.
        RuleBroken: NEED_WITHDRAWN, NO_AGREEMENT, CONSENT_NOT_IN_FORCE, BENEFICIARY_ERASED; CORRECTED_SINCE,
            for what is read under a disclosure is what was given then.
        Conflict: REQUEST_ID_REUSED, the id was used for another referral.
    """
    own_agency(caller)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_seconds
    with parts.news.awaited(command.referral_id) as heard:
        while True:
            heard.clear()
            left = deadline - loop.time()
            async with parts.database.transaction(caller) as tx:
                answer = await _answer(command, method, tx, parts)
                if answer is None and left <= 0:
                    answer = await _refuse_unheld(command, tx, parts)
            if isinstance(answer, KemError):
                raise answer  # after the commit, so that the refusal stays on record
            if answer is not None:
                return answer
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(deadline - loop.time(), LOOK_AGAIN_SECONDS)):
                    await heard.wait()


async def _refuse_unheld(command: GetDisclosure, tx: Transaction, parts: DisclosureParts) -> KemError:
    may_arrive = await parts.held_referrals.acceptance_may_arrive(tx, command.referral_id)
    refusal = Refusal.ACCEPTANCE_NOT_KNOWN if may_arrive else Refusal.NOT_HOLDER
    return await refuse(command.request_id, command.referral_id, refusal, tx, parts.disclosures)


async def _answer(
    command: GetDisclosure, method: str, tx: Transaction, parts: DisclosureParts
) -> Disclosure | KemError | None:
    """Locks person, referral, agreement and grants, in this order; then decides, opens and writes.

    None where the caller's agency does not hold the referral, as far as is known; then nothing was locked.
    """
    agency_id = own_agency(tx.caller)
    found = await parts.disclosures.hold_still(tx, command.referral_id, agency_id)
    if found is None:
        return None
    held, standing = found
    if not held.is_held_by(agency_id):  # it has ended while this waited for the locks
        return await refuse(
            command.request_id, command.referral_id, Refusal.NOT_HOLDER, tx, parts.disclosures
        )
    if standing.is_need_withdrawn:
        return await refuse(
            command.request_id, command.referral_id, Refusal.NEED_WITHDRAWN, tx, parts.disclosures, held=held
        )
    if standing.is_consent_frozen:
        return await refuse(
            command.request_id, command.referral_id, Refusal.CONSENT_FROZEN, tx, parts.disclosures, held=held
        )
    grounds = await parts.disclosures.grounds(tx, held, command.request_id)
    agreement, earlier = grounds.agreement, _of_this_referral(grounds.earlier, command)
    decision = decide_disclosure(
        agency_id=agency_id,
        purpose=held.purpose,
        needed_mask=needed_mask(held.service_type, grounds.set_mask),
        for_assessment=held.for_assessment,
        agreement=agreement,
        cells=grounds.cells,
        now=grounds.now,
    )
    given_mask = decision.given_mask & earlier.given_mask if earlier else decision.given_mask
    refusal = decision.refusal or (None if given_mask else Refusal.CONSENT_NOT_IN_FORCE)
    if refusal is None and earlier and given_mask & await corrected_since_given(tx, earlier.disclosure_id):
        refusal = Refusal.CORRECTED_SINCE
    fields = None
    if refusal is None and not standing.is_erased:
        fields = await parts.vault.read_categories(tx, held.beneficiary_id, given_mask)
    if refusal is None and fields is None:
        refusal = Refusal.BENEFICIARY_ERASED
    if refusal is not None or fields is None or agreement is None:
        return await refuse(
            command.request_id,
            command.referral_id,
            refusal or Refusal.NO_AGREEMENT,
            tx,
            parts.disclosures,
            held=held,
            decision=decision,
        )
    row = DisclosureRow(
        disclosure_id=earlier.disclosure_id if earlier else DisclosureId(ordered_id()),
        request_id=command.request_id,
        referral_id=held.referral_id,
        agency_id=agency_id,
        disclosed_time=earlier.disclosed_time if earlier else grounds.now,
        need_id=held.need_id,
        beneficiary_id=held.beneficiary_id,
        offer_id=held.offer_id,
        for_assessment=held.for_assessment,
        purpose=held.purpose,
        asked_mask=earlier.asked_mask if earlier else decision.asked_mask,
        given_mask=given_mask,
        relied_on=decision.relied_on,
        agreement_version=agreement.version,
    )
    if earlier is None:
        if not await parts.disclosures.add(tx, row):
            return await _answer(command, method, tx, parts)  # its twin was a moment earlier
        tx.publish(_given(row, held))
    tx.record_access(AccessRecord("intake", method, [row.disclosure_id]))
    return Disclosure(
        row.disclosure_id,
        row.disclosed_time,
        held.purpose,
        row.asked_mask,
        given_mask,
        fields,
        permitted_until(given_mask, [_span(cell) for cell in grounds.cells], grounds.now),
    )


def _span(cell: Cell) -> Span:
    return Span(cell.effect, cell.categories, cell.valid_from_time, cell.valid_until_time)


def _of_this_referral(earlier: EarlierDisclosure | None, command: GetDisclosure) -> EarlierDisclosure | None:
    """What the same request was given before: a repeat gets no more than that, and makes no second row."""
    if earlier is not None and earlier.referral_id != command.referral_id:
        raise Conflict(
            "This request_id was already used for another referral; take a new one.",
            reason="REQUEST_ID_REUSED",
            request_id=str(command.request_id),
        )
    return earlier


def _given(row: DisclosureRow, held: HeldReferral) -> DisclosureGiven:
    """What may be told: masks and purpose would give away the kind of a restricted service."""
    return DisclosureGiven(
        disclosure_id=row.disclosure_id,
        referral_id=row.referral_id,
        agency_id=row.agency_id,
        asked_mask=0 if held.is_restricted else row.asked_mask,
        given_mask=0 if held.is_restricted else row.given_mask,
        purpose="" if held.is_restricted else held.purpose,
        legal_bases=tuple(sorted({cell.legal_basis for cell in row.relied_on})),
        consent_ids=tuple(sorted({cell.consent_id for cell in row.relied_on})),
        cell_ids=tuple(cell.cell_id for cell in row.relied_on),
        agreement_version=row.agreement_version or 0,
        request_id=row.request_id,
    )
