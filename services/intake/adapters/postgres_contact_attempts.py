"""Tries to reach people in PostgreSQL. Rows are only added."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, ReferralId
from services.intake.domain.beneficiary import ContactKind
from services.intake.domain.contact_attempt import ContactAttempt, ContactResult

_COLUMNS: Final = """contact_attempt_id, beneficiary_id, referral_id, owner_agency_id, agency_id, by_holder,
    channel, by_safe_channel, result, happened_time, recorded_time"""
_ADD: Final = f"""
    insert into contact_attempt ({_COLUMNS}, recorded_by_principal_id, acting_person)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""  # noqa: S608  constant
_PAGE: Final = f"""
    select {_COLUMNS} from contact_attempt
    where ($1::uuid[] is null or beneficiary_id = any($1::uuid[])) and ($2::uuid is null or referral_id = $2)
      and ($3::timestamptz is null or (happened_time, contact_attempt_id) < ($3, $4))
    order by happened_time desc, contact_attempt_id desc limit $5
"""  # noqa: S608  constant


class PostgresContactAttempts:
    """Row-level security shows an agency those of its own people, and of referrals that it holds."""

    async def add(self, tx: Transaction, attempt: ContactAttempt) -> None:
        """Keeps one of a person who is kept as they are."""
        values = [getattr(attempt, name) for name in ContactAttempt.__dataclass_fields__]
        await tx.connection.execute(_ADD, *values, tx.caller.principal_id, tx.caller.acting_person)

    async def page(
        self,
        tx: Transaction,
        records: Sequence[BeneficiaryId] | None,
        referral_id: ReferralId | None,
        before: tuple[datetime, UUID] | None,
        size: int,
    ) -> list[ContactAttempt]:
        """Up to `size` on these records of a person, or for a referral, the newest first."""
        rows = await tx.connection.fetch(_PAGE, records, referral_id, *(before or (None, None)), size)
        return [_attempt(row) for row in rows]


def _attempt(row: Any) -> ContactAttempt:
    return ContactAttempt(
        **{**dict(row), "channel": ContactKind(row["channel"]), "result": ContactResult(row["result"])}
    )
