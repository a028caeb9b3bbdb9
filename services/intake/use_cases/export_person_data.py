"""Gives a person everything that is held about them, piece by piece: read, recorded and released in one
transaction each.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel import codes
from kernel.errors import Conflict, RuleBroken
from kernel.ids import BeneficiaryId, DisclosureId, derived_id, ordered_id
from services.intake.adapters.postgres_corrections import corrected_since_given
from services.intake.adapters.postgres_exports import EarlierExport, GivenRecord, PostgresExports
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests
from services.intake.adapters.record_format import PLACE, PROFILE
from services.intake.adapters.vault import Vault
from services.intake.domain.correction import corrected_since
from services.intake.domain.person_export import (
    ExportHead,
    ExportPiece,
    ExportPlace,
    ExportScope,
    IdentityProof,
    scope_of,
    sections_of,
)
from services.intake.domain.rights_events import RightsExportGiven
from services.intake.domain.rights_request import AskedBy, RightsRequest
from services.intake.use_cases.extend_rights_request import open_to_caller
from services.intake.use_cases.lines_of_export import LinesReader

_OWN_ONLY: Final = ("interpreter_wishes", "avoided_districts")
"""Of whom, and of which places, the person keeps clear."""


@dataclass(frozen=True, slots=True)
class ExportPersonData:
    """The same `request_id` names the same disclosure."""

    request_id: UUID
    rights_request_id: UUID
    identity_proof: IdentityProof


async def export_person_data(
    command: ExportPersonData,
    place: ExportPlace | None,
    method: str,
    tx: Transaction,
    requests: PostgresRightsRequests,
    exports: PostgresExports,
    vault: Vault,
) -> ExportPiece:
    """A piece of all that whoever asks may see, as far as it was there when the first one was given; tell it
    only after the commit. The first one is recorded as a disclosure, the others belong to it.

    Args:
        place: where the last piece ended; None for the first.

    Raises:
        NotFound: RIGHTS_REQUEST_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED, EXPORT_NOT_BEGUN, EXPORT_OUTDATED, CORRECTED_SINCE, and as
            `RightsRequest.check_export` and `check_records` say.
        Conflict: REQUEST_ID_REUSED.
    """
    request = await open_to_caller(command.rights_request_id, tx, requests)
    request.check_export()
    await exports.hold_still(tx, request.rights_request_id)
    earlier = await exports.earlier(tx, command.request_id)
    if earlier is not None and not _is_same(earlier, command, request):
        raise Conflict(
            "This request_id was already used for something else; take a new one.",
            reason="REQUEST_ID_REUSED",
            request_id=str(command.request_id),
        )
    scope = scope_of(request)
    if earlier and not place and scope.mask & await corrected_since_given(tx, earlier.disclosure_id):
        raise corrected_since()
    opened = _opened(await exports.records(tx, request.rights_request_id), scope, vault)
    request.check_records(await exports.last_merged_time(tx, request.rights_request_id))
    _check_place(place, earlier, scope, len(opened))
    records = await exports.beneficiaries(tx, request.rights_request_id)
    if request.asked_by is not AskedBy.SELF:
        for fields in opened.values():
            for name in _OWN_ONLY:
                fields.pop(name, None)
    disclosure_id = earlier.disclosure_id if earlier else DisclosureId(ordered_id())
    disclosed_time = earlier.disclosed_time if earlier else await tx.now()
    reader = LinesReader(tx, exports, vault, request, records, disclosed_time)
    start = ExportPlace(sections_of(scope)[0], False, None, 0, len(opened))
    lines, next_place = await reader.piece(place or start, sections_of(scope))
    piece = ExportPiece(
        disclosure_id=disclosure_id,
        disclosed_time=disclosed_time,
        request=request,
        scope=scope,
        head=None if place else ExportHead(records, {str(one): fields for one, fields in opened.items()}),
        lines=lines,
        next_place=next_place,
    )
    if earlier is None:
        await _give(piece, list(opened), command, tx, exports)
    tx.record_access(AccessRecord("intake", method, [*opened, disclosure_id]))
    return piece


def _check_place(
    place: ExportPlace | None, earlier: EarlierExport | None, scope: ExportScope, records: int
) -> None:
    """Raises RuleBroken: a later piece belongs to what was begun, of the same records, for the same eyes."""
    if place is None:
        return
    if earlier is None:
        raise RuleBroken(
            "Nothing was given by this request_id yet; begin without a page_token.", reason="EXPORT_NOT_BEGUN"
        )
    if place.section not in sections_of(scope) or place.records != records:
        raise RuleBroken(
            "Records of this person have been joined or parted since this export was begun; throw away what"
            " you have of it and begin again with a new request_id.",
            reason="EXPORT_OUTDATED",
        )


async def _give(
    piece: ExportPiece,
    records: Iterable[BeneficiaryId],
    command: ExportPersonData,
    tx: Transaction,
    exports: PostgresExports,
) -> None:
    """One disclosure of each record: each tells who was given it, also once they are two people again."""
    request = piece.request
    own = GivenRecord(piece.disclosure_id, command.request_id, request.beneficiary_id)
    others = (record for record in records if record != request.beneficiary_id)
    given = [own, *(GivenRecord(DisclosureId(ordered_id()), _repeat(command, one), one) for one in others)]
    await exports.give(tx, given, request, piece.scope.mask, command.identity_proof, piece.disclosed_time)
    for one in given:
        tx.publish(
            RightsExportGiven(
                one.disclosure_id, request.rights_request_id, request.agency_id, command.request_id
            )
        )


def _repeat(command: ExportPersonData, record: BeneficiaryId) -> UUID:
    """By which a disclosure of another record is known again: a principal's request names one disclosure."""
    return derived_id("export of a merged record", str(command.request_id), str(record))


def _is_same(earlier: EarlierExport, command: ExportPersonData, request: RightsRequest) -> bool:
    """Whether a repeat gives what is on record: what an officer has decided since is a giving of its own."""
    decided = request.protection
    return (
        earlier.rights_request_id == request.rights_request_id
        and earlier.identity_proof == command.identity_proof
        and earlier.given_mask == scope_of(request).mask
        and (decided is None or decided.decided_time <= earlier.disclosed_time)
    )


def _opened(records: Iterable[Any], scope: ExportScope, vault: Vault) -> dict[BeneficiaryId, dict[str, Any]]:
    """The fields in scope of each record of the person. Where somebody lives goes with what happened."""
    wanted = {PROFILE, *codes.categories_in(scope.mask), *((PLACE,) if scope.with_history else ())}
    opened = vault.open_fields([row for row in records if row["category"] in wanted])
    known = {record: fields for record, fields in opened.items() if fields is not None}
    if not known or len(known) < len(opened):
        raise RuleBroken("This person's data was erased at their wish.", reason="BENEFICIARY_ERASED")
    return known
