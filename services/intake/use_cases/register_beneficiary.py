"""Registers a person, once."""

from dataclasses import dataclass
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, PrincipalId, random_id
from kernel.vocabulary import Origin
from services.intake.adapters.identifier_search import IdentifierSearch
from services.intake.adapters.postgres_beneficiaries import BeneficiaryRow, PostgresBeneficiaries
from services.intake.adapters.postgres_case_workers import add_workers
from services.intake.adapters.record_format import CLASS_OF_GUARDIAN, CLASSES_OF_EVERYBODY
from services.intake.adapters.vault import Vault
from services.intake.domain.athens_day import athens_day
from services.intake.domain.beneficiary import Beneficiary
from services.intake.domain.beneficiary_rules import checked
from services.intake.domain.case_code import case_code
from services.intake.domain.case_workers import CaseWorkers
from services.intake.domain.events import BeneficiaryRegistered
from services.intake.domain.identifiers import Identifier, IdentifierField, exact_identifiers
from services.intake.use_cases.duplicate_person import refuse_duplicate
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class RegisterBeneficiary:
    """The person as they were typed in, and how they came."""

    request_id: UUID
    beneficiary: Beneficiary
    origin: Origin


async def register_beneficiary(
    command: RegisterBeneficiary,
    tx: Transaction,
    vault: Vault,
    people: PostgresBeneficiaries,
    search: IdentifierSearch,
) -> BeneficiaryId:
    """Keeps a new person for the caller's agency, with the caller as their caseworker. Repeat-safe only
    inside `chassis.requests.once`.

    Raises:
        BeneficiaryInvalid: the record breaks rules; each is named.
        DuplicatePerson: somebody has the same exact identifier.
    """
    agency_id = own_agency(tx.caller)
    beneficiary = checked(command.beneficiary, athens_day(await tx.now()))
    identifiers = exact_identifiers(beneficiary)
    await refuse_duplicate(tx, search, identifiers)
    now = await tx.now()
    code = case_code(athens_day(now).year, await people.next_case_number(tx))
    row = BeneficiaryRow(
        beneficiary_id=BeneficiaryId(random_id()),
        registered_by_agency_id=agency_id,
        origin=command.origin,
        version=1,
        profile_version=1,
        registered_time=now,
        erased_time=None,
    )
    classes = CLASSES_OF_EVERYBODY | ({CLASS_OF_GUARDIAN} if beneficiary.guardian else set())
    keys = vault.new_keys(row.beneficiary_id, classes)
    records = vault.seal_person(row.beneficiary_id, row.version, beneficiary, code, keys)
    await people.insert(tx, row, keys, records, (*identifiers, Identifier(IdentifierField.CASE_CODE, code)))
    caseworker = CaseWorkers(PrincipalId(tx.caller.principal_id))
    await add_workers(tx, [row.beneficiary_id], agency_id, caseworker, now)
    tx.publish(
        BeneficiaryRegistered(row.beneficiary_id, agency_id, command.origin, request_id=command.request_id)
    )
    return row.beneficiary_id
