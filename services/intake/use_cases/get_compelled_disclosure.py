"""Gives what a data protection officer has decided that an authority gets: recorded as compelled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel.errors import Conflict, RuleBroken
from kernel.ids import DisclosureId, ordered_id
from services.intake.adapters.postgres_authorities import PostgresAuthorities
from services.intake.adapters.postgres_corrections import corrected_since_given
from services.intake.adapters.vault import Vault
from services.intake.domain.authority_events import CompelledDisclosureGiven
from services.intake.domain.correction import corrected_since
from services.intake.use_cases.decide_compelled_request import not_found
from services.intake.use_cases.hub_officer import own_agency_or_officer


@dataclass(frozen=True, slots=True)
class GetCompelledDisclosure:
    """The same `request_id` names the same disclosure."""

    request_id: UUID
    compelled_request_id: UUID


@dataclass(frozen=True, slots=True)
class CompelledDisclosure:
    """What is handed over: fields by name, of the categories in `given_mask` only."""

    disclosure_id: DisclosureId
    disclosed_time: datetime
    given_mask: int
    fields: Mapping[str, Any]


async def get_compelled_disclosure(
    command: GetCompelledDisclosure,
    method: str,
    tx: Transaction,
    authorities: PostgresAuthorities,
    vault: Vault,
) -> CompelledDisclosure:
    """Checked, recorded and released in one transaction; tell it only after the commit.

    Raises:
        NotFound: COMPELLED_REQUEST_NOT_FOUND: no such request, or the caller acts for an agency: what an
            authority is given is handed over by the hub's own officer.
        RuleBroken: COMPELLED_REQUEST_REFUSED, BENEFICIARY_ERASED, CORRECTED_SINCE.
        Conflict: REQUEST_ID_REUSED.
    """
    if tx.caller.agency_id is not None:
        raise not_found()
    await own_agency_or_officer(tx)
    request = await authorities.lock(tx, command.compelled_request_id)
    if request is None:
        raise not_found()
    request.check_allowed()
    is_erased = await authorities.hold_person(tx, request.compelled_request_id)
    earlier = await authorities.earlier(tx, command.request_id)
    if earlier is not None and earlier.compelled_request_id != request.compelled_request_id:
        raise Conflict(
            "This request_id was already used for something else; take a new one.",
            reason="REQUEST_ID_REUSED",
            request_id=str(command.request_id),
        )
    if earlier is not None and request.allowed_mask & await corrected_since_given(tx, earlier.disclosure_id):
        raise corrected_since()
    fields = None
    if not is_erased:
        rows = await authorities.records(tx, request.beneficiary_id, request.allowed_mask)
        fields = vault.open_disclosed(rows).get(request.beneficiary_id)
    if fields is None:
        raise RuleBroken("This person's data was erased at their wish.", reason="BENEFICIARY_ERASED")
    now = await tx.now()
    disclosure_id = earlier.disclosure_id if earlier else DisclosureId(ordered_id())
    if earlier is None:
        await authorities.give(tx, disclosure_id, command.request_id, request, now)
        tx.publish(
            CompelledDisclosureGiven(
                disclosure_id=disclosure_id,
                compelled_request_id=request.compelled_request_id,
                agency_id=request.agency_id,
                asked_mask=request.asked_mask,
                given_mask=request.allowed_mask,
                request_id=command.request_id,
            )
        )
    tx.record_access(AccessRecord("intake", method, [disclosure_id]))
    return CompelledDisclosure(
        disclosure_id, earlier.disclosed_time if earlier else now, request.allowed_mask, fields
    )
