"""Gives a person everything that is held about them: read, recorded and released in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.postgres import Transaction
from kernel import codes
from kernel.errors import Conflict, RuleBroken
from kernel.ids import BeneficiaryId, DisclosureId, derived_id, ordered_id
from services.intake.adapters.postgres_exports import EarlierExport, GivenRecord, PostgresExports
from services.intake.adapters.postgres_rights_requests import PostgresRightsRequests
from services.intake.adapters.record_format import PLACE, PROFILE
from services.intake.adapters.vault import Vault
from services.intake.domain.person_export import ExportScope, IdentityProof, PersonExport, scope_of
from services.intake.domain.rights_events import RightsExportGiven
from services.intake.domain.rights_request import AskedBy, RightsRequest
from services.intake.use_cases.extend_rights_request import open_to_caller

_IDS: Final = (
    "need_id",
    "referral_id",
    "disclosure_id",
    "emergency_access_id",
    "rights_request_id",
    "complaint_id",
    "recall_id",
    "receipt_id",
)
"""By which an access may name what it read of somebody."""

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
    method: str,
    tx: Transaction,
    requests: PostgresRightsRequests,
    exports: PostgresExports,
    vault: Vault,
) -> PersonExport:
    """All that whoever asks may see; tell it only after the commit.

    Raises:
        NotFound: RIGHTS_REQUEST_NOT_FOUND.
        RuleBroken: BENEFICIARY_ERASED, and as `RightsRequest.check_export` and `check_records` say.
        Conflict: REQUEST_ID_REUSED.
    """
    request = await open_to_caller(command.rights_request_id, tx, requests)
    request.check_export()
    earlier = await exports.earlier(tx, command.request_id)
    if earlier is not None and not _is_same(earlier, command, request):
        raise Conflict(
            "This request_id was already used for something else; take a new one.",
            reason="REQUEST_ID_REUSED",
            request_id=str(command.request_id),
        )
    scope, person = scope_of(request), request.beneficiary_id
    is_own = request.asked_by is AskedBy.SELF
    opened = _opened(await exports.records(tx, request.rights_request_id), scope, vault)
    # the person stays as they are by now: nothing is merged with them before the commit
    request.check_records(await exports.last_merged_time(tx, request.rights_request_id))
    for fields in opened.values():
        for name in () if is_own else _OWN_ONLY:
            fields.pop(name, None)
    rows = await exports.rows(tx, request.rights_request_id)
    accesses = []
    if scope.with_history:
        rows["complaint"] = await exports.complaints(tx, opened) if is_own else []
        registered = (one["registered_time"] for one in (rows["beneficiary"], *rows["other_records"]))
        since = min(map(datetime.fromisoformat, registered))
        accesses = await exports.accesses(tx, since, {*opened, *_ids_in(rows)})
    export = PersonExport(
        disclosure_id=earlier.disclosure_id if earlier else DisclosureId(ordered_id()),
        disclosed_time=earlier.disclosed_time if earlier else await tx.now(),
        request=request,
        scope=scope,
        fields=opened[person],
        other_fields={str(one): fields for one, fields in opened.items() if one != person},
        rows=rows,
        words=await _words(rows, tx, vault) if is_own else {},
        accesses=accesses,
    )
    if earlier is None:
        await _give(export, list(opened), command, tx, exports)
    tx.record_access(AccessRecord("intake", method, [*opened, export.disclosure_id]))
    return export


async def _give(
    export: PersonExport,
    records: Iterable[BeneficiaryId],
    command: ExportPersonData,
    tx: Transaction,
    exports: PostgresExports,
) -> None:
    """One disclosure of each record: each tells who was given it, also once they are two people again."""
    request = export.request
    own = GivenRecord(export.disclosure_id, command.request_id, request.beneficiary_id)
    others = (record for record in records if record != request.beneficiary_id)
    given = [own, *(GivenRecord(DisclosureId(ordered_id()), _repeat(command, one), one) for one in others)]
    await exports.give(tx, given, request, export.scope.mask, command.identity_proof, export.disclosed_time)
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


async def _words(rows: Mapping[str, Any], tx: Transaction, vault: Vault) -> dict[str, str]:
    """What the person said of each need, asked by right and complained of, and what they were answered.

    For nobody else's export: it was said in confidence. Words of others about the person may be about others.
    """
    sealed = [(one["beneficiary_id"], UUID(one["need_id"]), one["sealed_note"]) for one in rows["need"]]
    own = [one for one in rows["rights_request"] if one["asked_by"] == AskedBy.SELF]
    for row, subject in (
        *((one, one["rights_request_id"]) for one in own),
        *((one, one["complaint_id"]) for one in rows["complaint"]),
    ):
        sealed += [
            (row["beneficiary_id"], UUID(subject), row[name]) for name in ("sealed_words", "sealed_answer")
        ]
    wanted = [one for one in sealed if one[2]]
    texts = [
        (BeneficiaryId(UUID(person)), subject, bytes.fromhex(words.removeprefix("\\x")))
        for person, subject, words in wanted
    ]
    opened = await vault.open_texts(tx, texts)
    return {words: text or "" for (*_, words), text in zip(wanted, opened, strict=True)}


def _ids_in(rows: Mapping[str, Any]) -> set[UUID]:
    tables = (table for table in rows.values() if isinstance(table, list))
    return {UUID(row[name]) for table in tables for row in table for name in _IDS if row.get(name)}
