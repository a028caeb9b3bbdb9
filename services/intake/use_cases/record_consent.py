"""Records what a person agreed to, and opens the grants that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import mask
from kernel.errors import NotFound, RuleBroken
from kernel.ids import BeneficiaryId, ConsentId, ordered_id, random_id
from services.intake.adapters.consent_details import details_text
from services.intake.adapters.grant_cells import remind_of_denials
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_consent_freezes import PostgresConsentFreezes
from services.intake.adapters.postgres_consent_policy import PostgresConsentPolicy
from services.intake.adapters.postgres_consents import PostgresConsents
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.vault import Vault
from services.intake.domain.athens_day import athens_day
from services.intake.domain.beneficiary import Birth, Guardian
from services.intake.domain.cells import ConsentGiven, GrantEffect, cells_of
from services.intake.domain.child_consent import (
    authority_end,
    check_authority_end,
    check_child_consent,
    child_age_band,
    has_authority,
    youngest,
)
from services.intake.domain.consent import ConsentRecord
from services.intake.domain.consent_rules import check_record
from services.intake.domain.events import ConsentRecorded
from services.intake.domain.freeze import FreezeGround
from services.intake.use_cases.open_recalls import open_recalls
from services.intake.use_cases.own_agency import own_agency
from services.intake.use_cases.tell_profile import tell_profile

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
    policy: PostgresConsentPolicy,
    freezes: PostgresConsentFreezes,
    recalls: PostgresRecalls,
    vault: Vault,
) -> ConsentId:
    """Keeps the record for ever and opens its cells; what it denies from now on is asked back.

    Repeat-safe only inside `chassis.requests.once`.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency;
            CONSENT_NOT_FOUND: this person has given no such consent that could be renewed.
        RuleBroken: BENEFICIARY_ERASED; NOTICE_NOT_PUBLISHED; CONSENT_FROZEN; USE_RESTRICTED; and as
            `check_record`, `check_child_consent` and `check_authority_end` say.
        Invalid: as `check_record` and `check_child_consent` say.
    """
    agency_id = own_agency(tx.caller)
    person, *others = await people.lock_as_one(tx, command.beneficiary_id)
    now = await tx.now()
    record = command.record
    check_record(record, now)
    if not await policy.is_published(tx, record.notice):
        raise RuleBroken(
            "This is not a notice that was published; take version and hash of one that ListNotices shows.",
            reason="NOTICE_NOT_PUBLISHED",
        )
    if record.permits and (ground := await freezes.holds(tx, person.beneficiary_id)):
        raise _frozen(ground)
    if record.renews_consent_id and not await consents.has_given(
        tx, person.beneficiary_id, record.renews_consent_id
    ):
        raise NotFound("This person has given no such consent.", reason="CONSENT_NOT_FOUND")
    records = [one.beneficiary_id for one in (person, *others)]
    birth, guardian = await _age_and_guardian(records, athens_day(now), tx, vault)
    _, rules = await policy.age_rules(tx)
    check_child_consent(record, birth, guardian, rules, athens_day(now))
    is_doubted = await freezes.is_doubted(tx, records)
    last_day = authority_end(record, guardian)
    check_authority_end(record, last_day)
    given = ConsentGiven(
        consent_event_id=ordered_id(),
        sequence=await consents.next_sequence(tx, person.beneficiary_id),
        beneficiary_id=person.beneficiary_id,
        consent_id=ConsentId(random_id()),
        valid_from_time=record.valid_from_time,
        valid_until_time=record.valid_until_time,
        recorded_time=now,
        grants=record.grants,
    )
    await consents.add(
        tx,
        given,
        replace(record, authority_expires_date=last_day),
        agency_id=agency_id,
        child_age_band=child_age_band(birth, athens_day(now)),
        sealed_details=await _sealed_details(given, record, tx, vault),
        cells=cells_of(given),
        lacks_authority=not has_authority(record, birth, guardian, athens_day(now), is_doubted=is_doubted),
    )
    if others:
        await remind_of_denials(tx, [one.beneficiary_id for one in others], given.consent_id)
    tx.publish(
        ConsentRecorded(
            consent_id=given.consent_id,
            beneficiary_id=given.beneficiary_id,
            version=given.sequence,
            agency_ids=tuple(sorted({grant.agency_id for grant in given.grants})),
            valid_until_time=given.valid_until_time,
            notice_version=record.notice.version,
            request_id=command.request_id,
        )
    )
    # what is denied here holds for the person's other records too
    await tell_profile(tx, people, records, command.request_id)
    # a denial that begins later is told by its moment
    if any(grant.effect is GrantEffect.DENY for grant in given.grants):
        await open_recalls(tx, recalls, records, request_id=command.request_id)
    return given.consent_id


async def _age_and_guardian(
    records: Sequence[BeneficiaryId], today: date, tx: Transaction, vault: Vault
) -> tuple[Birth, Guardian | None]:
    """The youngest age that these records say, and whom they name as guardian, the first record first.

    Raises:
        RuleBroken: BENEFICIARY_ERASED.
    """
    known = await vault.read_people(tx, records, _AGE_AND_GUARDIAN)
    fields = [one for record in records if (one := known.get(record)) is not None]
    if len(fields) < len(records):
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    guardians = (one["guardian"] for one in fields if one.get("guardian"))
    return youngest((one["birth"] for one in fields), today), next(guardians, None)


async def _sealed_details(
    given: ConsentGiven, record: ConsentRecord, tx: Transaction, vault: Vault
) -> bytes | None:
    """What could name somebody lies under the person's own key."""
    text = details_text(record)
    if text is None:
        return None
    [sealed] = await vault.seal_texts(tx, [(given.beneficiary_id, given.consent_id, text)])
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    return sealed


def _frozen(ground: FreezeGround) -> RuleBroken:
    if ground is FreezeGround.RESTRICTION:
        return RuleBroken(
            "The use of this person's data is restricted at their wish; lift that first (LiftRestriction)."
            " Denials are taken.",
            reason="USE_RESTRICTED",
        )
    return RuleBroken(
        "This person's consent is frozen until a child-protection officer lifts that; denials are taken.",
        reason="CONSENT_FROZEN",
    )
