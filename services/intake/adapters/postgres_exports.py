"""What is held about one person, wherever it stands, in PostgreSQL: by their request only."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis import topics
from chassis.postgres import Transaction
from kem.access.v1.access_events_pb2 import AccessEvent, AccessRecorded
from kem.common.v1.common_pb2 import Actor
from kernel.ids import BeneficiaryId, DisclosureId
from kernel.vocabulary import LegalBasis
from services.intake.domain.person_export import IdentityProof, RecordedAccess
from services.intake.domain.rights_request import RightsRequest

# a person's export reads the whole log once: a few a week, against a table for every access on every read
_ACCESSES: Final = """
    select event_time, payload from event_log
    where topic = $1 and event_time >= $2 and payload like any($3::bytea[])
    union all
    select event_time, payload from outbox
    where topic = $1 and event_time >= $2 and payload like any($3::bytea[])
    order by event_time
"""
_COMPLAINTS: Final = """
    select coalesce(jsonb_agg(to_jsonb(one) order by one.received_time, one.complaint_id), '[]')
    from complaint as one where one.beneficiary_id = any($1::uuid[])
"""
_DISCLOSE: Final = """
    insert into disclosure (disclosure_id, request_id, outcome, kind, beneficiary_id, told_by_agency_id,
        principal_id, acting_person, legal_bases, asked_mask, given_mask, rights_request_id, identity_proof,
        disclosed_time)
    values ($1, $2, 'GIVEN', 'SUBJECT', $3, $4, $5, $6, $7, $8, $8, $9, $10, $11)
"""
_LAST_BY: Final = """
    select disclosure_id from disclosure join rights_request using (rights_request_id, beneficiary_id)
    where rights_request_id = $1 and kind = 'SUBJECT' and outcome = 'GIVEN'
    order by disclosed_time desc limit 1
"""
_EARLIER: Final = """
    select disclosure_id, rights_request_id, disclosed_time, given_mask, identity_proof from disclosure
    where principal_id = $1 and request_id = $2 and outcome = 'GIVEN'
"""
_NOT_TOLD: Final = "/kem.disclosure.v1.AuthorityService/"
"""Who looked at what an authority was told might tell that one was."""


@dataclass(frozen=True, slots=True)
class EarlierExport:
    """What the same request was given before."""

    disclosure_id: DisclosureId
    rights_request_id: UUID | None
    disclosed_time: datetime
    given_mask: int
    identity_proof: str | None


@dataclass(frozen=True, slots=True)
class GivenRecord:
    """What was given of one record; `request_id` finds the same disclosure again."""

    disclosure_id: DisclosureId
    request_id: UUID
    beneficiary_id: BeneficiaryId


class PostgresExports:
    """Reaches past row-level security, by a request that the caller may see and nobody has answered."""

    async def records(self, tx: Transaction, rights_request_id: UUID) -> Sequence[Any]:
        """The sealed records of the person, for the vault to open; the person stays as they are."""
        found: Sequence[Any] = await tx.connection.fetch(
            "select * from records_for_export($1)", rights_request_id
        )
        return found

    async def last_merged_time(self, tx: Transaction, rights_request_id: UUID) -> datetime | None:
        """When the last of these records was merged with the others; None where there is but one."""
        found: datetime | None = await tx.connection.fetchval(
            "select last_merge_for_export($1)", rights_request_id
        )
        return found

    async def rows(self, tx: Transaction, rights_request_id: UUID) -> dict[str, Any]:
        """Everything else, by table: rows as JSON has them."""
        found = await tx.connection.fetchval(
            "select rows_for_export($1) || recalls_for_export($1) || receipts_for_export($1)",
            rights_request_id,
        )
        rows: dict[str, Any] = json.loads(found)
        return rows

    async def complaints(self, tx: Transaction, records: Iterable[BeneficiaryId]) -> list[dict[str, Any]]:
        """What the person has complained of, as far as the caller may see it: an accused agency may not."""
        found = await tx.connection.fetchval(_COMPLAINTS, list(records))
        complaints: list[dict[str, Any]] = json.loads(found)
        return complaints

    async def accesses(self, tx: Transaction, since: datetime, ids: Iterable[UUID]) -> list[RecordedAccess]:
        """Who was granted to read anything of these, in order."""
        patterns = [f"%{one}%".encode() for one in ids]
        rows = await tx.connection.fetch(_ACCESSES, topics.ACCESS, since, patterns)
        events = ((row["event_time"], AccessEvent.FromString(row["payload"])) for row in rows)
        return [
            _access(event_time, event)
            for event_time, event in events
            if event.access_recorded.outcome == AccessRecorded.OUTCOME_GRANTED
            and not event.access_recorded.method.startswith(_NOT_TOLD)
        ]

    async def earlier(self, tx: Transaction, request_id: UUID) -> EarlierExport | None:
        """What the caller's same request was given before."""
        row = await tx.connection.fetchrow(_EARLIER, tx.caller.principal_id, request_id)
        return None if row is None else EarlierExport(**row)

    async def last_by(self, tx: Transaction, rights_request_id: UUID) -> UUID | None:
        """The last export that was made by this request; None where none was."""
        found: UUID | None = await tx.connection.fetchval(_LAST_BY, rights_request_id)
        return found

    async def give(
        self,
        tx: Transaction,
        given: Iterable[GivenRecord],
        request: RightsRequest,
        given_mask: int,
        identity_proof: IdentityProof,
        now: datetime,
    ) -> None:
        """Writes the disclosure to the person, one of each record of theirs."""
        rows = [
            (
                one.disclosure_id,
                one.request_id,
                one.beneficiary_id,
                request.agency_id,
                tx.caller.principal_id,
                tx.caller.acting_person,
                [LegalBasis.LEGAL_OBLIGATION],
                given_mask,
                request.rights_request_id,
                identity_proof,
                now,
            )
            for one in given
        ]
        await tx.connection.executemany(_DISCLOSE, rows)


def _access(event_time: datetime, event: AccessEvent) -> RecordedAccess:
    return RecordedAccess(
        event_time,
        event.access_recorded.method,
        event.actor.agency_id,
        tuple(event.access_recorded.roles),
        event.actor.kind == Actor.KIND_SERVICE,
    )
