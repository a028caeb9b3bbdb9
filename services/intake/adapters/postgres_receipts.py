"""Receipts in PostgreSQL: code and PIN as keyed digests, what they say under the person's key."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter

from chassis.postgres import Transaction
from kernel.errors import Exhausted
from kernel.ids import BeneficiaryId, ReferralId
from services.intake.adapters.vault import Vault
from services.intake.domain.receipt import Receipt, ReceiptForm
from services.intake.domain.receipt_code import typed_code
from services.intake.domain.receipt_wording import Content

_COLUMNS: Final = """receipt_id, request_id, beneficiary_id, agency_id, form, language, issued_time,
    valid_until_time, code_digest, pin_digest, sealed_content, wrong_pins"""
_INSERT: Final = f"""
    insert into receipt ({_COLUMNS}, issued_by_principal_id, acting_person)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""  # noqa: S608  constant
_EARLIER: Final = f"""
    select {_COLUMNS} from receipt where issued_by_principal_id = $1 and request_id = $2
"""  # noqa: S608  constant
_VALID: Final = """
    code_digest = $1 and revoked_time is null and valid_until_time > clock_timestamp()
    and exists (
        select from beneficiary
        where beneficiary.beneficiary_id = receipt.beneficiary_id and erased_time is null
    )
"""
_IS_VALID: Final = f"select exists (select from receipt where {_VALID})"  # noqa: S608  constant
_BY_CODE: Final = f"select {_COLUMNS} from receipt where {_VALID} for update"  # noqa: S608  constant
# what is not valid is read by nobody any more, so what it said goes with it, and whatever leads to it
_GONE: Final = "code_digest = null, pin_digest = null, sealed_content = null"
_OPEN: Final = "form <> 'REFUSED' and revoked_time is null and emptied_time is null"
_END: Final = f"""
    update receipt set revoked_time = clock_timestamp(), revoked_by_principal_id = $1, {_GONE}
    where {_OPEN} and
"""  # noqa: S608  constant
_END_ONE: Final = f"{_END} receipt_id = $2 returning receipt_id, beneficiary_id, revoked_time"
_END_OF_PEOPLE: Final = f"""
    {_END} beneficiary_id = any($2::uuid[]) and issued_time >= coalesce($3, '-infinity'::timestamptz)
    returning receipt_id, beneficiary_id, revoked_time
"""
_EMPTY: Final = f"update receipt set emptied_time = clock_timestamp(), {_GONE} where {_OPEN}"  # noqa: S608  constant
_EMPTY_OF_PEOPLE: Final = f"{_EMPTY} and beneficiary_id = any($1::uuid[])"
_EMPTY_EXPIRED: Final = f"""
    {_EMPTY} and receipt_id = any(array(
        select receipt_id from receipt where {_OPEN} and valid_until_time <= clock_timestamp()
        limit 100 for update skip locked
    ))
"""  # noqa: S608  constant
# one row per minute, locked by whoever asks: the limit holds however many ask at once
_COUNT: Final = """
    insert into receipt_check (minute_time, valid, not_valid)
    values (date_trunc('minute', clock_timestamp()), 0, 0)
    on conflict (minute_time) do update set valid = receipt_check.valid
    returning minute_time, valid + not_valid as asked
"""
_NOTE: Final = """
    update receipt_check set valid = valid + $2::int, not_valid = not_valid + 1 - $2::int
    where minute_time = $1
"""
_FORGET: Final = """
    delete from receipt_check where minute_time < clock_timestamp() - interval '90 days'
"""
# of a need that was withdrawn nothing is asked; the newest are enough for a page
_NEEDS: Final = """
    select referral_id, service_type, recorded_time from need
    where beneficiary_id = any($1::uuid[]) and withdrawn_time is null
    order by recorded_time desc, need_id desc limit 200
"""
_CONTENT: Final = TypeAdapter(Content)


@dataclass(frozen=True, slots=True)
class OpenNeed:
    """What a receipt may be asked about of a need."""

    referral_id: ReferralId
    service_type: str
    recorded_time: datetime


@dataclass(frozen=True, slots=True)
class EndedReceipt:
    """A receipt that is not valid any more, and since when."""

    receipt_id: UUID
    beneficiary_id: BeneficiaryId
    revoked_time: datetime


class PostgresReceipts:
    """Row-level security shows an agency those that it issued, and the hub itself all."""

    def __init__(self, vault: Vault, checks_per_minute: int) -> None:
        self._vault, self._checks_per_minute = vault, checks_per_minute

    def code_digest(self, typed: str) -> bytes:
        """By which a code is found, however it was typed."""
        return self._vault.keyed_digest("receipt/code", typed_code(typed).encode())

    def pin_digest(self, receipt_id: UUID, pin: str) -> bytes:
        """Of a PIN of this receipt only."""
        return self._vault.keyed_digest("receipt/pin", receipt_id.bytes + pin.encode())

    async def needs(self, tx: Transaction, records: Sequence[BeneficiaryId]) -> list[OpenNeed]:
        """The needs that a person still has, on all records of theirs, the newest first."""
        rows = await tx.connection.fetch(_NEEDS, records)
        return [OpenNeed(**row) for row in rows]

    async def insert(self, tx: Transaction, receipt: Receipt) -> None:
        """Keeps a new receipt of a locked person."""
        values = {one: getattr(receipt, one) for one in Receipt.__dataclass_fields__}
        await tx.connection.execute(
            _INSERT, *values.values(), tx.caller.principal_id, tx.caller.acting_person
        )

    async def earlier(self, tx: Transaction, request_id: UUID) -> Receipt | None:
        """What the caller's same request made before."""
        return _receipt(await tx.connection.fetchrow(_EARLIER, tx.caller.principal_id, request_id))

    async def is_valid(self, tx: Transaction, typed: str) -> bool:
        """Whether such a receipt is valid; one statement, whatever was typed."""
        found: bool = await tx.connection.fetchval(_IS_VALID, self.code_digest(typed))
        return found

    async def lock_by_code(self, tx: Transaction, typed: str) -> Receipt | None:
        """The valid receipt of the code, locked; None where there is none that the caller may know of."""
        return _receipt(await tx.connection.fetchrow(_BY_CODE, self.code_digest(typed)))

    async def end(self, tx: Transaction, receipt_id: UUID) -> list[EndedReceipt]:
        """Ends this receipt; answers none where it is not valid any more."""
        rows = await tx.connection.fetch(_END_ONE, tx.caller.principal_id, receipt_id)
        return [EndedReceipt(**row) for row in rows]

    async def note_pin(self, tx: Transaction, receipt: Receipt, *, is_right: bool) -> None:
        """Counts a wrong PIN of a locked receipt; a right one begins anew."""
        wrong = 0 if is_right else receipt.wrong_pins + 1
        await tx.connection.execute(
            "update receipt set wrong_pins = $2 where receipt_id = $1", receipt.receipt_id, wrong
        )

    async def begin_check(self, tx: Transaction) -> datetime:
        """The minute in which a code is asked about; its count stays locked until the transaction ends.

        Raises:
            Exhausted: RECEIPTS_ASKED_TOO_OFTEN, by everybody together.
        """
        row = await tx.connection.fetchrow(_COUNT)
        if row["asked"] >= self._checks_per_minute:
            raise Exhausted(
                "Very many codes were asked about within this minute; please try again in a minute.",
                reason="RECEIPTS_ASKED_TOO_OFTEN",
                retry_delay_seconds=60,
            )
        minute: datetime = row["minute_time"]
        return minute

    async def end_check(self, tx: Transaction, minute: datetime, *, is_valid: bool) -> None:
        """Counts one that was asked about in this minute."""
        await tx.connection.execute(_NOTE, minute, int(is_valid))

    async def seal(
        self, tx: Transaction, beneficiary_id: BeneficiaryId, receipt_id: UUID, content: Content
    ) -> bytes | None:
        """The content under the person's key; None where the person is erased or not the caller's."""
        words = _CONTENT.dump_json(content).decode()
        [sealed] = await self._vault.seal_texts(tx, [(beneficiary_id, receipt_id, words)])
        return sealed

    async def open(self, tx: Transaction, receipt: Receipt) -> Content | None:
        """What it says; None where the person is erased."""
        if receipt.sealed_content is None:
            return None
        texts = [(receipt.beneficiary_id, receipt.receipt_id, receipt.sealed_content)]
        [words] = await self._vault.open_texts(tx, texts)
        return None if words is None else _CONTENT.validate_json(words)


async def end_receipts_of(
    tx: Transaction, records: Sequence[BeneficiaryId], since: datetime | None = None
) -> list[EndedReceipt]:
    """Ends whatever receipts these locked people have; only those issued `since`, where that is given."""
    rows = await tx.connection.fetch(_END_OF_PEOPLE, tx.caller.principal_id, records, since)
    return [EndedReceipt(**row) for row in rows]


async def empty_receipts_of(tx: Transaction, records: Collection[BeneficiaryId]) -> None:
    """Leaves nothing of the receipts of locked people of whom something was destroyed: what they told of is
    gone, and the paper leads to nobody. No act of the person, so nothing is told and no time begins anew.
    """
    await tx.connection.execute(_EMPTY_OF_PEOPLE, list(records))


async def forget_expired(tx: Transaction) -> int:
    """The same of receipts whose time is over; answers how many, up to 100 at a time. For a timer."""
    return _count(await tx.connection.execute(_EMPTY_EXPIRED))


async def forget_checks(tx: Transaction) -> int:
    """Deletes counts that are older than 90 days; answers how many went. For a timer."""
    return _count(await tx.connection.execute(_FORGET))


def _count(done: str) -> int:
    return int(done.rpartition(" ")[2])


def _receipt(row: Any) -> Receipt | None:
    return None if row is None else Receipt(**{**dict(row), "form": ReceiptForm(row["form"])})
