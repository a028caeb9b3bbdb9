"""Replaces a person's data."""

from dataclasses import dataclass
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel import codes
from kernel.errors import RuleBroken, VersionConflict
from kernel.ids import BeneficiaryId
from services.intake.adapters.identifier_search import IdentifierSearch
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.postgres_corrections import PostgresCorrections
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.record_format import CLASS_OF_GUARDIAN, PLACE, corrected_categories
from services.intake.adapters.vault import Vault
from services.intake.domain.athens_day import athens_day
from services.intake.domain.beneficiary import Beneficiary
from services.intake.domain.beneficiary_rules import checked
from services.intake.domain.events import BeneficiaryUpdated, ProfileChanged
from services.intake.domain.identifiers import Identifier, IdentifierField, exact_identifiers
from services.intake.domain.person_profile import profile_of
from services.intake.use_cases.duplicate_person import refuse_duplicate
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.review_guardian import review_guardian
from services.intake.use_cases.tell_correction import tell_correction
from services.intake.use_cases.tell_profile import tell_profile


@dataclass(frozen=True, slots=True)
class UpdateBeneficiary:
    """The person's data, whole, and the version that the caller has read.

    Args:
        are_reasons_told: whether it says why fields are empty; else each that stays empty keeps its reason.
    """

    request_id: UUID
    beneficiary_id: BeneficiaryId
    expected_version: int
    beneficiary: Beneficiary
    are_reasons_told: bool = True


async def update_beneficiary(
    command: UpdateBeneficiary,
    method: str,
    tx: Transaction,
    vault: Vault,
    people: PostgresBeneficiaries,
    search: IdentifierSearch,
    corrections: PostgresCorrections,
    recalls: PostgresRecalls,
    freezes: PostgresConsentFreezes,
) -> int:
    """The new version. `ProfileChanged` is told too where a band that matching may know has changed.

    What has changed is a correction: every agency that still holds an earlier value of it is told. Where
    somebody else decides for the person now, what was permitted before is frozen (`review_guardian`).

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        VersionConflict: a colleague was first.
        BeneficiaryInvalid, DuplicatePerson: as at registration.
        RuleBroken: BENEFICIARY_ERASED.
    """
    agency_id = own_agency(tx.caller)
    row, *others = await people.lock_as_one(tx, command.beneficiary_id)
    if row.version != command.expected_version:
        raise VersionConflict(
            "Somebody has changed this person's data since you read it; read it again, then change it.",
            current_version=str(row.version),
        )
    known = await people.fields(tx, row.beneficiary_id)
    if known is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    code = known.pop("case_code")
    before = Beneficiary(**known)
    told = command.beneficiary if command.are_reasons_told else command.beneficiary.with_reasons_of(before)
    today = athens_day(await tx.now())
    beneficiary = checked(told, today)
    identifiers = exact_identifiers(beneficiary)
    own_records = {row.beneficiary_id, *(one.beneficiary_id for one in others)}
    await refuse_duplicate(tx, search, identifiers, but=own_records)
    keys = await people.keys(tx, row.beneficiary_id)
    is_first_guardian = beneficiary.guardian is not None and CLASS_OF_GUARDIAN not in keys
    new_keys = vault.new_keys(row.beneficiary_id, [CLASS_OF_GUARDIAN] if is_first_guardian else [])
    records = vault.seal_person(row.beneficiary_id, row.version + 1, beneficiary, code, keys | new_keys)
    is_frozen = await review_guardian(
        tx,
        row.beneficiary_id,
        agency_id,
        before.guardian,
        beneficiary.guardian,
        freezes,
        vault,
        command.request_id,
    )
    profile_changed = is_frozen or profile_of(beneficiary).bands(today) != profile_of(before).bands(today)
    profile_version = await people.replace(
        tx,
        row,
        new_keys,
        records,
        (*identifiers, Identifier(IdentifierField.CASE_CODE, code)),
        profile_changed=profile_changed,
    )
    tx.publish(BeneficiaryUpdated(row.beneficiary_id, row.version + 1, request_id=command.request_id))
    if profile_changed:
        tx.publish(ProfileChanged(row.beneficiary_id, profile_version, request_id=command.request_id))
    if is_frozen:
        # a freeze of one record is a freeze of all
        await tell_profile(tx, people, [one.beneficiary_id for one in others], command.request_id)
    if corrected := corrected_categories(known, beneficiary):
        await tell_correction(
            tx,
            corrections,
            recalls,
            row.beneficiary_id,
            version=row.version + 1,
            corrected_mask=codes.mask(category for category in corrected if category != PLACE),
            by_agency_id=agency_id,
            request_id=command.request_id,
        )
    tx.record_access(AccessRecord("intake", method, [row.beneficiary_id]))
    return row.version + 1
