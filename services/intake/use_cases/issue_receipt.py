"""Issues a receipt: what may be told is asked for first, then all of it is kept in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Database, Transaction
from kernel import codes
from kernel.errors import Conflict, RuleBroken
from kernel.ids import AgencyId, BeneficiaryId, random_id
from services.intake.adapters.grant_cells import open_cells
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_receipts import OpenNeed, PostgresReceipts
from services.intake.adapters.referral_client import ReceiptLines, ReferralClient
from services.intake.domain.receipt import (
    VALID_FOR,
    Permit,
    Receipt,
    ReceiptForm,
    ReceiptWarning,
    page_language,
    permits_on_paper,
    warnings_for,
)
from services.intake.domain.receipt_code import grouped, new_code, new_pin
from services.intake.domain.receipt_events import ReceiptIssued
from services.intake.domain.receipt_wording import Content, ToldReceipt, ToldReferral, worded
from services.intake.use_cases.end_receipts import end_receipts
from services.intake.use_cases.own_agency import own_agency


@dataclass(frozen=True, slots=True)
class IssueReceipt:
    """To whom, how, and in which language; empty: the person's own."""

    request_id: UUID
    beneficiary_id: BeneficiaryId
    form: ReceiptForm
    language: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptParts:
    """What receipts work with. `desk_contact` is printed as it is."""

    people: PostgresBeneficiaries
    receipts: PostgresReceipts
    referral: ReferralClient
    desk_contact: str = ""


@dataclass(frozen=True, slots=True)
class IssuedReceipt:
    """What is told once; a repeat, and a person who wants none, get neither code nor PIN nor content."""

    receipt: Receipt
    code: str = ""
    pin: str = ""
    content: Content | None = None
    warnings: Sequence[ReceiptWarning] = field(default=())


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is to be told of a person, before it is known what may be."""

    records: Sequence[BeneficiaryId]
    languages: Sequence[str]
    permits: Sequence[Permit]
    needs: Sequence[OpenNeed]
    warnings: Sequence[ReceiptWarning]


async def issue_receipt(
    command: IssueReceipt, method: str, caller: Caller, database: Database, parts: ReceiptParts
) -> IssuedReceipt:
    """The receipt, in place of any other that the person has; tell its code and PIN now or never.

    On paper is what is in force when it is kept: consents and needs are looked at again after referral was
    asked. A repeat tells that it is one by having no code.

    Raises:
        NotFound: BENEFICIARY_NOT_FOUND: no such person, or not registered by the caller's agency.
        RuleBroken: BENEFICIARY_ERASED.
        Conflict: REQUEST_ID_REUSED.
        Unavailable: referral does not answer; nothing was issued.
    """
    agency_id = own_agency(caller)
    async with database.transaction(caller) as tx:
        await parts.people.read(tx, command.beneficiary_id)
        known = await _known(await _records(command.beneficiary_id, tx, parts), tx, parts)
    lines = ReceiptLines({}, {})
    if command.form is not ReceiptForm.REFUSED:
        referral_ids = [one.referral_id for one in known.needs]
        agency_ids = list(dict.fromkeys(one.agency_id for one in known.permits))
        lines = await parts.referral.receipt_lines(agency_id, referral_ids, agency_ids)
    async with database.transaction(caller) as tx:
        locked = await parts.people.lock_as_one(tx, command.beneficiary_id)
        earlier = await parts.receipts.earlier(tx, command.request_id)
        if earlier is not None:
            return IssuedReceipt(_same(earlier, command))
        known = await _known([row.beneficiary_id for row in locked], tx, parts)
        issued = await _issue(command, agency_id, known, lines, tx, parts)
        tx.record_access(AccessRecord("intake", method, [command.beneficiary_id, issued.receipt.receipt_id]))
    return issued


async def _records(person: BeneficiaryId, tx: Transaction, parts: ReceiptParts) -> list[BeneficiaryId]:
    return [person, *(other.beneficiary_id for other in await parts.people.others(tx, person))]


async def _known(records: Sequence[BeneficiaryId], tx: Transaction, parts: ReceiptParts) -> _Known:
    """Of all records that are seen as the person's, the one that was asked for first."""
    opened = [await parts.people.fields(tx, record) for record in records]
    known = [fields for fields in opened if fields is not None]
    if len(known) < len(opened):
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    cells = await open_cells(tx, records, records if len(records) > 1 else ())
    now = await tx.now()
    on_paper = [permits_on_paper(cells.get(record, ()), now) for record in records]
    permits = list(dict.fromkeys(permit for permitted, _ in on_paper for permit in permitted))
    needs = await parts.receipts.needs(tx, records)
    told = [one for one in needs if not codes.service_type(one.service_type).restricted]
    left_off = any(one for _, one in on_paper) or len(told) < len(needs)
    contacts = [one for fields in known for one in fields.get("contacts", ())]
    spoken = [one.language for fields in known for one in fields.get("languages", ())]
    return _Known(records, spoken, permits, told, warnings_for(contacts, left_off=left_off))


async def _issue(
    command: IssueReceipt,
    agency_id: AgencyId,
    known: _Known,
    lines: ReceiptLines,
    tx: Transaction,
    parts: ReceiptParts,
) -> IssuedReceipt:
    now, receipt_id = await tx.now(), random_id()
    language = page_language(known.languages, command.language)
    written = (receipt_id, command.request_id, command.beneficiary_id, agency_id, command.form, language, now)
    if command.form is ReceiptForm.REFUSED:
        receipt = Receipt(*written)
        await parts.receipts.insert(tx, receipt)
        return IssuedReceipt(receipt, warnings=known.warnings)
    content = worded(_told(known, lines, now, parts.desk_contact), language)
    sealed = await parts.receipts.seal(tx, command.beneficiary_id, receipt_id, content)
    if sealed is None:
        raise RuleBroken("This person's data was erased.", reason="BENEFICIARY_ERASED")
    await end_receipts(tx, known.records, command.request_id)
    code, pin = new_code(), new_pin()
    receipt = Receipt(
        *written,
        valid_until_time=now + VALID_FOR,
        code_digest=parts.receipts.code_digest(code),
        pin_digest=parts.receipts.pin_digest(receipt_id, pin),
        sealed_content=sealed,
    )
    await parts.receipts.insert(tx, receipt)
    tx.publish(ReceiptIssued(receipt_id, command.beneficiary_id, command.request_id))
    return IssuedReceipt(receipt, grouped(code), pin, content, known.warnings)


def _told(known: _Known, lines: ReceiptLines, now: datetime, desk_contact: str) -> ToldReceipt:
    found = ((need, lines.referrals.get(need.referral_id)) for need in known.needs)
    return ToldReceipt(
        issued_time=now,
        valid_until_time=now + VALID_FOR,
        permits=known.permits,
        names=lines.names,
        referrals=[
            ToldReferral(line.sector, line.state, need.recorded_time, line.name, line.district, line.address)
            for need, line in found
            if line is not None
        ],
        desk_contact=desk_contact,
    )


def _same(earlier: Receipt, command: IssueReceipt) -> Receipt:
    """What the same request made, where it is the same.

    Raises:
        Conflict: REQUEST_ID_REUSED.
    """
    is_same = (earlier.beneficiary_id, earlier.form) == (command.beneficiary_id, command.form)
    if not is_same or command.language not in ("", earlier.language):
        raise Conflict(
            "This request_id was already used for something else; take a new one.",
            reason="REQUEST_ID_REUSED",
            request_id=str(command.request_id),
        )
    return earlier
