"""Records what a person agreed to, and opens the grants that follow from it."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import mask
from kernel.errors import RuleBroken
from kernel.ids import BeneficiaryId, ConsentId, ordered_id, random_id
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consents import PostgresConsents
from services.intake.adapters.vault import Vault
from services.intake.domain.athens_day import athens_day
from services.intake.domain.cells import ConsentGiven, cells_of
from services.intake.domain.child_consent import check_child_consent
from services.intake.domain.consent import ConsentRecord, check_record
from services.intake.domain.events import ConsentRecorded, ProfileChanged
from services.intake.use_cases.own_agency import own_agency

_AGE_AND_GUARDIAN: Final = mask(("BIRTH_AND_SEX", "CHILDREN"))


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """What was agreed, by or for whom."""

    request_id: UUID
    beneficiary_id: BeneficiaryId
    record: ConsentRecord


async def record_consent(
    command: RecordConsent,
    tx: Transaction,
    people: PostgresBeneficiaries,
    consents: PostgresConsents,
    vault: Vault,
) -> ConsentId:
    """Keeps the record for ever and opens its cells. Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        RuleBroken: BENEFICIARY_ERASED; and as `check_child_consent` says.
        Invalid: as `check_record` and `check_child_consent` say.
    """
    agency_id = own_agency(tx.caller)
    person = await people.lock(tx, command.beneficiary_id)
    now = await tx.now()
    check_record(command.record, now)
    known = await vault.read_categories(tx, person.beneficiary_id, _AGE_AND_GUARDIAN)
    if known is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    check_child_consent(command.record, known["birth"], known.get("guardian"), athens_day(now))
    given = ConsentGiven(
        consent_event_id=ordered_id(),
        sequence=await consents.next_sequence(tx, person.beneficiary_id),
        beneficiary_id=person.beneficiary_id,
        consent_id=ConsentId(random_id()),
        valid_from_time=command.record.valid_from_time,
        valid_until_time=command.record.valid_until_time,
        recorded_time=now,
        grants=command.record.grants,
    )
    await consents.add(
        tx,
        given,
        command.record,
        agency_id=agency_id,
        sealed_details=await _sealed_authority(given, command.record, tx, vault),
        cells=cells_of(given),
    )
    profile_version = await people.bump_profile(tx, person.beneficiary_id)
    tx.publish(
        ConsentRecorded(
            consent_id=given.consent_id,
            beneficiary_id=given.beneficiary_id,
            version=given.sequence,
            agency_ids=tuple(sorted({grant.agency_id for grant in given.grants})),
            valid_until_time=given.valid_until_time,
            request_id=command.request_id,
        )
    )
    tx.publish(ProfileChanged(given.beneficiary_id, profile_version, request_id=command.request_id))
    return given.consent_id


async def _sealed_authority(
    given: ConsentGiven, record: ConsentRecord, tx: Transaction, vault: Vault
) -> bytes | None:
    """The reference of a guardian's authority names people, so it lies under the person's own key."""
    if not record.authority_reference:
        return None
    [sealed] = await vault.seal_texts(
        tx, [(given.beneficiary_id, given.consent_id, record.authority_reference)]
    )
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    return sealed
