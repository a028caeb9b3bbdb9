"""Keeps a form that somebody has begun and not sent."""

from dataclasses import dataclass
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import NotFound, RuleBroken
from kernel.ids import BeneficiaryId
from services.intake.adapters.postgres_beneficiaries import NO_SUCH_PERSON
from services.intake.adapters.postgres_drafts import PostgresDrafts
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.domain.draft import Draft, check_save
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """The form, whole, and about whom it is; `expected_revision` is None where the last word counts."""

    draft_id: UUID
    kind: str
    content: bytes
    beneficiary_id: BeneficiaryId | None = None
    expected_revision: int | None = None


async def save_draft(
    command: SaveDraft, tx: Transaction, drafts: PostgresDrafts, needs: PostgresNeeds
) -> Draft:
    """The draft as it is kept from now on, for a day. Repeat-safe only inside `chassis.requests.once`.

    A person that it names stays as they are until the commit, so none outlives their erasure.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED, TOO_MANY_DRAFTS.
        Conflict: DRAFT_CHANGED.
    """
    agency_id = own_agency(tx.caller)
    if command.beneficiary_id is not None:
        await _keep_still(command.beneficiary_id, tx, needs)
    await drafts.as_writer(tx)
    await drafts.hold(tx)
    known = await drafts.list(tx)
    there = next((one for one in known if one.draft_id == command.draft_id), None)
    check_save(there, command.expected_revision, len(known))
    now = await tx.now()
    draft = Draft(
        command.draft_id,
        command.kind,
        command.beneficiary_id,
        there.revision + 1 if there else 1,
        there.begun_time if there else now,
        now,
    )
    await drafts.save(tx, draft, agency_id, command.content)
    return draft


async def _keep_still(person: BeneficiaryId, tx: Transaction, needs: PostgresNeeds) -> None:
    found = (await needs.lock_people(tx, [person])).get(person)
    if found is None:
        raise NotFound(NO_SUCH_PERSON, reason="BENEFICIARY_NOT_FOUND")
    if found.is_erased:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
