"""What auditors ask, in PostgreSQL: reads over everybody, page by page."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId, ConsentId
from kernel.restricted import RESTRICTED_TYPES
from services.intake.adapters.postgres_authorities import notification_from_row
from services.intake.domain.authority import RecordedNotification
from services.intake.domain.consent import ConsentGiver, InterpreterMode
from services.intake.domain.inquiry import ConsentText, ConsentView, PersonDisclosure, StoredConsent

_IS_KNOWN: Final = "select exists (select from beneficiary where beneficiary_id = $1)"
_DISCLOSURES: Final = """
    select given.disclosure_id, given.kind, given.disclosed_time, given.agency_id, given.told_by_agency_id,
        given.principal_id, given.acting_person, given.referral_id,
        case when need.service_type = any($6::text[]) then '' else coalesce(given.purpose, '') end as purpose,
        given.legal_bases,
        (
            select jsonb_agg(distinct jsonb_build_object(
                'consent_id', said.consent_id, 'notice_version', said.notice_version,
                'notice_language', said.notice_language, 'notice_sha256', encode(said.notice_sha256, 'hex'),
                'spoken_language', said.spoken_language, 'given_time', said.happened_time))
            from grant_cell as cell join consent as said using (consent_id)
            where cell.cell_id = any(given.cell_ids)
        ) as texts
    from disclosure as given
    left join need on need.referral_id = given.referral_id
    where given.beneficiary_id = any(
            array(select other_id from same_person where beneficiary_id = $1 and unmerged_time is null) || $1)
        and given.outcome = 'GIVEN' and given.given_mask & $2 <> 0
        and ($3::timestamptz is null or (given.disclosed_time, given.disclosure_id) > ($3, $4))
    order by given.disclosed_time, given.disclosure_id limit $5
"""
_OF_VIEW: Final[Mapping[ConsentView, str]] = {
    ConsentView.CHILDREN: "(said.child_age_band is not null or said.given_by <> 'SELF')",
    ConsentView.INTERPRETED: "said.with_interpreter",
}
_CONSENTS: Final = """
    select said.*, (select bit_or(line.categories) from consent_grant as line
                    where line.consent_id = said.consent_id) as categories
    from consent as said
    where {of_view}
        and ($1::timestamptz is null or said.recorded_time >= $1)
        and ($2::timestamptz is null or said.recorded_time < $2)
        and ($3::timestamptz is null or (said.recorded_time, said.consent_id) > ($3, $4))
    order by said.recorded_time, said.consent_id limit $5
"""
_NOTIFICATIONS: Final = """
    select * from authority_notification where beneficiary_id = any($1)
    order by happened_time, authority_notification_id
"""

Place = tuple[datetime, UUID] | None
"""Where the last page ended."""


class PostgresInquiries:
    """Only reads. Whoever asks reaches everything before, and puts on record whom it was about."""

    async def is_known(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> bool:
        """Whether there is such a person, or was one who is erased."""
        found: bool = await tx.connection.fetchval(_IS_KNOWN, beneficiary_id)
        return found

    async def disclosures(
        self, tx: Transaction, beneficiary_id: BeneficiaryId, mask: int, after: Place, size: int
    ) -> list[PersonDisclosure]:
        """Up to `size` disclosures of something in `mask`, the oldest first, of all the person's records."""
        place = after or (None, None)
        rows = await tx.connection.fetch(
            _DISCLOSURES, beneficiary_id, mask, *place, size, list(RESTRICTED_TYPES)
        )
        return [
            PersonDisclosure(**{**row, "texts": [_text(one) for one in json.loads(row["texts"] or "[]")]})
            for row in rows
        ]

    async def consents(
        self,
        tx: Transaction,
        view: ConsentView,
        period: tuple[datetime | None, datetime | None],
        after: Place,
        size: int,
    ) -> list[StoredConsent]:
        """Up to `size` consents that were recorded in the period, the oldest first."""
        query = _CONSENTS.format(of_view=_OF_VIEW[view])
        return [
            _consent(row) for row in await tx.connection.fetch(query, *period, *(after or (None, None)), size)
        ]

    async def notifications(
        self, tx: Transaction, beneficiary_ids: Iterable[BeneficiaryId]
    ) -> Mapping[BeneficiaryId, Sequence[RecordedNotification]]:
        """What authorities were told of these people, the oldest first."""
        found: dict[BeneficiaryId, list[RecordedNotification]] = defaultdict(list)
        for row in await tx.connection.fetch(_NOTIFICATIONS, list(beneficiary_ids)):
            found[row["beneficiary_id"]].append(notification_from_row(row))
        return found


def _text(one: dict[str, Any]) -> ConsentText:
    return ConsentText(**one | {"given_time": datetime.fromisoformat(one["given_time"])})


def _consent(row: Any) -> StoredConsent:
    mode = row["interpreter_mode"]
    return StoredConsent(
        consent_id=ConsentId(row["consent_id"]),
        beneficiary_id=BeneficiaryId(row["beneficiary_id"]),
        record_schema=row["record_schema"],
        obtained_by_agency_id=row["obtained_by_agency_id"],
        obtained_by_id=row["obtained_by_principal_id"],
        given_time=row["happened_time"],
        recorded_time=row["recorded_time"],
        notice_version=row["notice_version"],
        spoken_language=row["spoken_language"],
        categories=row["categories"],
        given_by=ConsentGiver(row["given_by"]),
        authority_expires_date=row["authority_expires_date"],
        evidence_sha256=row["evidence_sha256"],
        lacks_authority=row["lacks_authority"],
        age_band=row["child_age_band"] or "",
        child_assents=row["child_assents"],
        interpreter_mode=None if mode is None else InterpreterMode(mode),
        interpreter_has_signed=row["interpreter_has_signed"],
        sealed_details=row["sealed_details"],
    )
