"""Tells matching what it may know of needs: bands, and the agencies that consent and agreement allow."""

from collections.abc import Sequence
from typing import Final

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.codes import purpose_of
from kernel.ids import AgencyId, BeneficiaryId, NeedId
from services.intake.adapters.grant_cells import open_cells
from services.intake.adapters.postgres_agreements import PostgresAgreements
from services.intake.adapters.postgres_needs import PostgresNeeds
from services.intake.adapters.vault import Vault
from services.intake.domain.eligibility import (
    NeedProfile,
    active,
    erased,
    is_consent_withdrawn,
    permitted_agencies,
    unknown,
    withdrawn,
)

MAX_NEEDS: Final = 500


async def get_profiles(
    need_ids: Sequence[NeedId],
    method: str,
    tx: Transaction,
    *,
    needs: PostgresNeeds,
    agreements: PostgresAgreements,
    vault: Vault,
) -> list[NeedProfile]:
    """One profile per need, in the order asked, by four statements whatever their number; one more where
    records were merged.

    Advice, not permission: whether anything is given is decided again, under locks, at disclosure. One access
    record stands for the whole call.
    """
    standing = await needs.standing(tx, need_ids)
    people = {
        one.need.beneficiary_id: one
        for one in standing.values()
        if one.need.withdrawn_time is None and not one.is_erased
    }
    records = await needs.profile_records(tx, list(people))
    profiles = {
        record["beneficiary_id"]: person
        for record, person in zip(records, vault.open_profile(records), strict=True)
    }
    merged = [beneficiary_id for beneficiary_id, one in people.items() if one.has_others]
    cells = await open_cells(tx, list(people), merged)
    recipients = {cell.agency_id for of_person in cells.values() for cell in of_person}
    contracts = await agreements.of_agencies(tx, list(recipients))
    now = await tx.now()
    tx.record_access(AccessRecord("intake", method, [], subject_count=len(people)))
    permitted: dict[tuple[BeneficiaryId, str], tuple[AgencyId, ...]] = {}

    def told(need_id: NeedId) -> NeedProfile:
        one = standing.get(need_id)
        if one is None:
            return unknown(need_id)
        if one.is_erased:
            return erased(one.need)
        if one.need.withdrawn_time is not None:
            return withdrawn(one.need)
        person = profiles.get(one.need.beneficiary_id)
        if person is None:
            return erased(one.need)
        # needs of one person for one purpose have the same answer
        place = (one.need.beneficiary_id, purpose_of(one.need.service_type).code)
        if place not in permitted:
            own = cells.get(one.need.beneficiary_id, ())
            permitted[place] = permitted_agencies(own, contracts, purpose=place[1], now=now)
        return active(
            one.need,
            person,
            permitted=permitted[place],
            profile_version=one.profile_version,
            consent_withdrawn=is_consent_withdrawn(one.need, one.whole_withdrawal_time),
            now=now,
        )

    return [told(need_id) for need_id in need_ids]
