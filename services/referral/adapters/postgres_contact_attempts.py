"""Tries to reach people, as intake has told of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import ReferralId
from services.referral.domain.giving_up import ContactAttempt

# a referral that never came is nobody's to close
_ADD: Final = """
    insert into contact_attempt (contact_attempt_id, referral_id, happened_time, by_sender, by_safe_channel,
        is_reached)
    select told.* from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::boolean[], $5::boolean[],
        $6::boolean[]) as told (contact_attempt_id, referral_id, happened_time, by_sender, by_safe_channel,
        is_reached)
    where exists (select from referral where referral.referral_id = told.referral_id)
    on conflict do nothing
"""
_OF_REFERRAL: Final = """
    select happened_time, by_sender, by_safe_channel, is_reached from contact_attempt
    where referral_id = $1 order by happened_time, contact_attempt_id
"""


@dataclass(frozen=True, slots=True)
class HeardAttempt:
    """A try of which intake has told."""

    contact_attempt_id: UUID
    referral_id: ReferralId
    attempt: ContactAttempt


class PostgresContactAttempts:
    """Rows are only added, by batches."""

    async def add(self, tx: Transaction, heard: Sequence[HeardAttempt]) -> None:
        """Keeps them; one that is there already stays as it is."""
        if not heard:
            return
        await tx.connection.execute(
            _ADD,
            [one.contact_attempt_id for one in heard],
            [one.referral_id for one in heard],
            [one.attempt.happened_time for one in heard],
            [one.attempt.by_sender for one in heard],
            [one.attempt.by_safe_channel for one in heard],
            [one.attempt.is_reached for one in heard],
        )

    async def of_referral(self, tx: Transaction, referral_id: ReferralId) -> list[ContactAttempt]:
        """All that is known for a referral of the caller's, in order."""
        return [ContactAttempt(**row) for row in await tx.connection.fetch(_OF_REFERRAL, referral_id)]
