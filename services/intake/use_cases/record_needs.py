"""Records several needs at once, all or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.postgres import Transaction
from kernel.errors import KemError
from kernel.ids import AgencyId, NeedId, PrincipalId, ReferralId, random_id
from services.intake.adapters.postgres_needs import NeedRow, PostgresNeeds
from services.intake.adapters.vault import Vault
from services.intake.domain.events import NeedRecorded
from services.intake.domain.need import NewNeed, RecordedNeed, check_new, check_recordable
from services.intake.use_cases.merged_refusal import told_of_merge
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class RecordNeeds:
    """Up to 200 needs, of one person or of several."""

    request_id: UUID
    needs: Sequence[NewNeed]


async def record_needs(
    command: RecordNeeds, tx: Transaction, needs: PostgresNeeds, vault: Vault
) -> tuple[RecordedNeed, ...]:
    """The ids in the order asked. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        Invalid, NotFound, RuleBroken: as for one need; the metadata names which one, counted from 0.
    """
    agency_id = own_agency(tx.caller)
    people = await needs.lock_people(tx, sorted({need.beneficiary_id for need in command.needs}))
    continued = await needs.people_of_referrals(
        tx, [need.continues_referral_id for need in command.needs if need.continues_referral_id]
    )
    now = await tx.now()
    for index, need in enumerate(command.needs):
        person = people.get(need.beneficiary_id)
        try:
            check_new(need)
            check_recordable(
                need,
                sender_agency_id=agency_id,
                registered_by_agency_id=person.registered_by_agency_id if person else None,
                is_erased=bool(person and person.is_erased),
                merged_into=person.merged_into if person else None,
                continues_beneficiary_id=continued.get(need.continues_referral_id)
                if need.continues_referral_id
                else None,
                now=now,
            )
        except KemError as refusal:
            refusal.metadata["need_index"] = str(index)
            raise await told_of_merge(refusal, tx) from None
    rows = await _rows(command.needs, agency_id, tx, vault)
    times = await needs.add(tx, rows)
    for row in rows:
        happened_time, recorded_time = times[row.ids.need_id]
        tx.publish(
            NeedRecorded(
                need_id=row.ids.need_id,
                referral_id=row.ids.referral_id,
                beneficiary_id=row.need.beneficiary_id,
                urgency=row.need.urgency,
                routing=row.need.routing,
                origin=row.need.origin,
                sender_agency_id=agency_id,
                happened_time=happened_time,
                recorded_time=recorded_time,
                continues_referral_id=row.need.continues_referral_id,
                request_id=command.request_id,
            )
        )
    return tuple(row.ids for row in rows)


async def _rows(
    wanted: Sequence[NewNeed], agency_id: AgencyId, tx: Transaction, vault: Vault
) -> list[NeedRow]:
    """The rows to insert, their ids drawn and their notes sealed."""
    ids = [RecordedNeed(NeedId(random_id()), ReferralId(random_id())) for _ in wanted]
    noted = [
        (need.beneficiary_id, one.need_id, need.note)
        for one, need in zip(ids, wanted, strict=True)
        if need.note
    ]
    sealed = await vault.seal_texts(tx, noted) if noted else []
    notes = {need_id: note for (_, need_id, _), note in zip(noted, sealed, strict=True)}
    return [
        NeedRow(one, need, agency_id, PrincipalId(tx.caller.principal_id), notes.get(one.need_id))
        for one, need in zip(ids, wanted, strict=True)
    ]
