"""Takes back consent, whole or for one agency: from the commit on nothing is disclosed under it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, DisclosureId, ordered_id
from services.intake.adapters.grant_cells import lock_cells
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consents import PostgresConsents
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.domain.cells import ConsentTakenBack, is_closed_by
from services.intake.domain.consent_rules import check_happened
from services.intake.domain.events import ConsentWithdrawn
from services.intake.domain.recall import Recall
from services.intake.use_cases.open_recalls import open_recalls
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.tell_profile import tell_profile


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    """For one agency, or for all where `agency_id` is None."""

    request_id: UUID
    beneficiary_id: BeneficiaryId
    agency_id: AgencyId | None = None
    happened_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """When it took effect, how many grants it closed, and what is asked back because of it."""

    withdrawn_time: datetime
    grants_closed: int
    recalls: Sequence[Recall] = ()

    @property
    def in_between(self) -> list[DisclosureId]:
        """What was given between the person's word and its recording, all of it."""
        return [
            one.disclosure_id for recall in self.recalls for one in recall.disclosures if one.is_in_between
        ]


async def withdraw_consent(
    command: WithdrawConsent,
    tx: Transaction,
    people: PostgresBeneficiaries,
    consents: PostgresConsents,
    recalls: PostgresRecalls,
) -> Withdrawal:
    """Closes the permits that rest on consent, says so, and asks back what agencies were given under them.

    Repeat-safe only inside `chassis.requests.once`.

    It is recorded also where nothing was open: it is the person's word, so it is written on each record that
    is seen as theirs. Disclosures under way are waited for; none begins before this transaction has ended.
    Denials stay, and so does what rests on another basis.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        RuleBroken: BENEFICIARY_ERASED.
        Invalid: HAPPENED_IN_FUTURE.
    """
    own_agency(tx.caller)
    records = [row.beneficiary_id for row in await people.lock_as_one(tx, command.beneficiary_id)]
    now = await tx.now()
    check_happened(command.happened_time, now)
    closed = 0
    for record in records:
        closed += await _take_back(replace(command, beneficiary_id=record), tx, consents, now)
    await tell_profile(tx, people, records, command.request_id)
    opened = await open_recalls(tx, recalls, records, request_id=command.request_id)
    return Withdrawal(now, closed, opened)


async def _take_back(
    command: WithdrawConsent, tx: Transaction, consents: PostgresConsents, now: datetime
) -> int:
    """Of one record that is locked; answers how many permits it closed."""
    cells = await lock_cells(tx, command.beneficiary_id)
    withdrawal = ConsentTakenBack(
        consent_event_id=ordered_id(),
        sequence=await consents.next_sequence(tx, command.beneficiary_id),
        beneficiary_id=command.beneficiary_id,
        agency_id=command.agency_id,
        recorded_time=now,
    )
    closing = [cell for cell in cells if is_closed_by(cell, withdrawal)]
    await consents.close(
        tx,
        withdrawal,
        closing,
        by_agency_id=own_agency(tx.caller),
        happened_time=command.happened_time,
    )
    tx.publish(
        ConsentWithdrawn(
            beneficiary_id=command.beneficiary_id,
            version=withdrawal.sequence,
            agency_id=command.agency_id,
            happened_time=command.happened_time,
            consent_ids=tuple(sorted({cell.consent_id for cell in closing})),
            request_id=command.request_id,
        )
    )
    return len(closing)
