"""Notifications of authorities and their requests in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.codes import categories_in
from kernel.ids import AgencyId, BeneficiaryId, DisclosureId
from kernel.vocabulary import LegalBasis
from services.intake.adapters.record_format import PROFILE
from services.intake.domain.authority import (
    Authority,
    CompelledRequest,
    Notification,
    NotToldReason,
    RecordedNotification,
    RequestState,
)

_NOTIFY: Final = """
    insert into authority_notification (authority_notification_id, beneficiary_id, agency_id, authority,
        legal_reference, protocol_number, told_mask, sealed_words, decided_by_principal_id,
        recorded_by_principal_id, acting_person, person_told_time, not_told_reason, happened_time,
        recorded_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
_NOTIFICATIONS: Final = """
    select * from authority_notification
    where $1::timestamptz is null or (recorded_time, authority_notification_id) < ($1, $2)
    order by recorded_time desc, authority_notification_id desc limit $3
"""
_REGISTER: Final = """
    insert into compelled_request (compelled_request_id, beneficiary_id, agency_id, authority,
        legal_reference, protocol_number, asked_mask, sealed_words, registered_by_principal_id,
        acting_person, received_time, registered_time)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_DECIDE: Final = """
    update compelled_request set state = $2, allowed_mask = $3, sealed_grounds = $4,
        decided_by_principal_id = $5, decided_time = $6
    where compelled_request_id = $1
"""
_REQUESTS: Final = """
    select compelled_request.* from compelled_request
    where ($1::timestamptz is null or (registered_time, compelled_request_id) < ($1, $2))
      and ($4::timestamptz is null or compelled_request_id in (
          select compelled_request_id from telling_review where review_time <= $4))
    order by registered_time desc, compelled_request_id desc limit $3
"""
_DISCLOSE: Final = """
    insert into disclosure (disclosure_id, request_id, outcome, kind, beneficiary_id, principal_id,
        acting_person, legal_bases, asked_mask, given_mask, compelled_request_id, disclosed_time)
    values ($1, $2, 'GIVEN', 'COMPELLED', $3, $4, $5, $6, $7, $7, $8, $9)
"""
_EARLIER: Final = """
    select disclosure_id, compelled_request_id, disclosed_time from disclosure
    where principal_id = $1 and request_id = $2 and outcome = 'GIVEN'
"""
_RECORDS: Final = "select * from vault_record where beneficiary_id = $1 and category = any($2::text[])"

Place = tuple[datetime, UUID] | None
"""Where the last page ended."""


@dataclass(frozen=True, slots=True)
class EarlierGiving:
    """What the same request was given before."""

    disclosure_id: DisclosureId
    compelled_request_id: UUID | None
    disclosed_time: datetime


class PostgresAuthorities:
    """Rows are added; a request is decided on once."""

    async def notify(self, tx: Transaction, recorded: RecordedNotification, happened_time: datetime) -> None:
        """Keeps a notification."""
        told = recorded.notification
        await tx.connection.execute(
            _NOTIFY,
            recorded.authority_notification_id,
            told.beneficiary_id,
            recorded.agency_id,
            told.authority,
            told.legal_reference,
            told.protocol_number,
            told.told_mask,
            recorded.sealed_words,
            told.decided_by_id,
            tx.caller.principal_id,
            tx.caller.acting_person,
            told.person_told_time,
            told.not_told_reason,
            happened_time,
            recorded.recorded_time,
        )

    async def notifications(self, tx: Transaction, before: Place, size: int) -> list[RecordedNotification]:
        """Up to `size` notifications that the caller may see, the newest first."""
        recorded_time, one_id = before or (None, None)
        return [
            notification_from_row(row)
            for row in await tx.connection.fetch(_NOTIFICATIONS, recorded_time, one_id, size)
        ]

    async def register(self, tx: Transaction, request: CompelledRequest) -> None:
        """Keeps a request, refused for now."""
        await tx.connection.execute(
            _REGISTER,
            request.compelled_request_id,
            request.beneficiary_id,
            request.agency_id,
            request.authority,
            request.legal_reference,
            request.protocol_number,
            request.asked_mask,
            request.sealed_words,
            tx.caller.principal_id,
            tx.caller.acting_person,
            request.received_time,
            request.registered_time,
        )

    async def lock(self, tx: Transaction, compelled_request_id: UUID) -> CompelledRequest | None:
        """The request, kept as it is; None where the caller may not know of it."""
        row = await tx.connection.fetchrow(
            "select * from compelled_request where compelled_request_id = $1 for no key update",
            compelled_request_id,
        )
        return None if row is None else _request(row)

    async def decide(
        self,
        tx: Transaction,
        compelled_request_id: UUID,
        allowed_mask: int,
        sealed_grounds: bytes,
        now: datetime,
    ) -> None:
        """Writes what the caller has decided."""
        state = RequestState.ALLOWED if allowed_mask else RequestState.REFUSED
        await tx.connection.execute(
            _DECIDE,
            compelled_request_id,
            state,
            allowed_mask,
            sealed_grounds,
            tx.caller.principal_id,
            now,
        )

    async def requests(
        self, tx: Transaction, before: Place, size: int, overdue_at: datetime | None
    ) -> list[CompelledRequest]:
        """Up to `size` requests that the caller may see, the newest first.

        Args:
            overdue_at: only those of which it should have been looked at by then whether the person may be
                told.
        """
        place = (*(before or (None, None)), size, overdue_at)
        return [_request(row) for row in await tx.connection.fetch(_REQUESTS, *place)]

    async def hold_person(self, tx: Transaction, compelled_request_id: UUID) -> bool:
        """Keeps the person as they are until the transaction ends; answers whether they are erased."""
        is_erased: bool | None = await tx.connection.fetchval(
            "select is_erased from hold_person_compelled($1)", compelled_request_id
        )
        return is_erased is not False

    async def records(self, tx: Transaction, beneficiary_id: BeneficiaryId, mask: int) -> Sequence[Any]:
        """The sealed records of these categories, for the vault to open."""
        rows: Sequence[Any] = await tx.connection.fetch(
            _RECORDS, beneficiary_id, [PROFILE, *categories_in(mask)]
        )
        return rows

    async def earlier(self, tx: Transaction, request_id: UUID) -> EarlierGiving | None:
        """What the caller's same request was given before."""
        row = await tx.connection.fetchrow(_EARLIER, tx.caller.principal_id, request_id)
        return None if row is None else EarlierGiving(**row)

    async def give(
        self,
        tx: Transaction,
        disclosure_id: DisclosureId,
        request_id: UUID,
        request: CompelledRequest,
        now: datetime,
    ) -> None:
        """Writes the disclosure."""
        await tx.connection.execute(
            _DISCLOSE,
            disclosure_id,
            request_id,
            request.beneficiary_id,
            tx.caller.principal_id,
            tx.caller.acting_person,
            [LegalBasis.LEGAL_OBLIGATION],
            request.allowed_mask,
            request.compelled_request_id,
            now,
        )


def notification_from_row(row: Any) -> RecordedNotification:
    """A row of authority_notification."""
    reason = row["not_told_reason"]
    return RecordedNotification(
        authority_notification_id=row["authority_notification_id"],
        agency_id=AgencyId(row["agency_id"]),
        notification=Notification(
            beneficiary_id=BeneficiaryId(row["beneficiary_id"]),
            authority=Authority(row["authority"]),
            legal_reference=row["legal_reference"],
            protocol_number=row["protocol_number"],
            told_mask=row["told_mask"],
            decided_by_id=row["decided_by_principal_id"],
            person_told_time=row["person_told_time"],
            not_told_reason=None if reason is None else NotToldReason(reason),
            happened_time=row["happened_time"],
        ),
        sealed_words=row["sealed_words"],
        recorded_time=row["recorded_time"],
    )


def _request(row: Any) -> CompelledRequest:
    return CompelledRequest(
        compelled_request_id=row["compelled_request_id"],
        beneficiary_id=BeneficiaryId(row["beneficiary_id"]),
        agency_id=AgencyId(row["agency_id"]),
        authority=Authority(row["authority"]),
        legal_reference=row["legal_reference"],
        protocol_number=row["protocol_number"],
        asked_mask=row["asked_mask"],
        sealed_words=row["sealed_words"],
        received_time=row["received_time"],
        registered_time=row["registered_time"],
        state=RequestState(row["state"]),
        allowed_mask=row["allowed_mask"],
        decided_time=row["decided_time"],
    )
