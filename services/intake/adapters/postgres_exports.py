"""What is held about one person, wherever it stands, in PostgreSQL: by their request only."""

import json
from collections.abc import Iterable, Mapping, Sequence, Set
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
from services.intake.domain.person_export import IdentityProof, Section
from services.intake.domain.rights_request import RightsRequest

_LINES: Final = "select * from lines_for_export($1, $2, $3, $4, $5, $6)"
_DESK_WORK: Final = "select * from desk_work_lines_for_export($1, $2, $3, $4, $5, $6)"
_DESK_WORK_SECTIONS: Final = frozenset(
    {Section.VISIT, Section.APPOINTMENT, Section.CONTACT_ATTEMPT, Section.CASE_WORKERS}
)
_COMPELLED: Final = "select * from compelled_lines_for_export($1, $2, $3, $4, $5)"
# row-level security shows the caller no complaint about themselves
_COMPLAINTS: Final = """
    select received_time as line_time, complaint_id as line_id, to_jsonb(complaint) as line
    from complaint
    where beneficiary_id = any(array(select beneficiary_id from beneficiaries_for_export($1)))
      and received_time < $2 and ($3::timestamptz is null or (received_time, complaint_id) > ($3, $4))
    order by received_time, complaint_id limit $5
"""
_IDS: Final = """
    select id from ids_for_export($1) as id
    union
    select complaint_id from complaint
    where $2 and beneficiary_id = any(array(select beneficiary_id from beneficiaries_for_export($1)))
"""
# a person's export looks through the whole log once, piece by piece: a few a week, against a table of all
_ACCESSES: Final = """
    select event_time, payload from event_log
    where topic = $1 and position > $2 and position <= $2 + $5 and event_time >= $3 and event_time < $4
    order by position
"""
_ACCESSES_ON_THEIR_WAY: Final = """
    select event_time, payload from event_log
    where topic = $1 and position > $2 and event_time >= $3 and event_time < $4
    union all
    select event_time, payload from outbox where topic = $1 and event_time >= $3 and event_time < $4
    order by event_time
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


@dataclass(frozen=True, slots=True)
class ExportLine:
    """A row of a section as JSON text, and where it stands."""

    place: tuple[datetime, UUID]
    text: str


class PostgresExports:
    """Reaches past row-level security, by a request that the caller may see and nobody has answered."""

    async def hold_still(self, tx: Transaction, rights_request_id: UUID) -> None:
        """Waits for what is under way about the person, and keeps all their records as they are by then."""
        await tx.connection.execute("select hold_people_of_export($1)", rights_request_id)

    async def records(self, tx: Transaction, rights_request_id: UUID) -> Sequence[Any]:
        """The sealed records of the person, for the vault to open; who reads them holds the person still."""
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

    async def beneficiaries(self, tx: Transaction, rights_request_id: UUID) -> Sequence[Mapping[str, Any]]:
        """The rows of the records that are seen as the person's, as JSON has them."""
        rows = await tx.connection.fetch(
            "select to_jsonb(one) as line from beneficiaries_for_export($1) as one", rights_request_id
        )
        return [json.loads(row["line"]) for row in rows]

    async def lines(
        self,
        tx: Transaction,
        rights_request_id: UUID,
        section: Section,
        before: datetime,
        after: tuple[datetime, UUID] | None,
        size: int,
    ) -> Sequence[ExportLine]:
        """Up to `size` lines of a section from before a moment, in order; complaints as far as the caller may
        see them: an accused agency may not.
        """
        place = (before, *(after or (None, None)), size)
        if section is Section.COMPLAINT:
            rows = await tx.connection.fetch(_COMPLAINTS, rights_request_id, *place)
        elif section is Section.COMPELLED_DISCLOSURE:
            rows = await tx.connection.fetch(_COMPELLED, rights_request_id, *place)
        else:
            lines = _DESK_WORK if section in _DESK_WORK_SECTIONS else _LINES
            rows = await tx.connection.fetch(lines, rights_request_id, section, *place)
        return [ExportLine((row["line_time"], row["line_id"]), row["line"]) for row in rows]

    async def ids(self, tx: Transaction, rights_request_id: UUID, *, with_complaints: bool) -> set[str]:
        """By which ids an access may name what it read of the person."""
        rows = await tx.connection.fetch(_IDS, rights_request_id, with_complaints)
        return {str(row["id"]) for row in rows}

    async def accesses(
        self,
        tx: Transaction,
        ids: Set[str],
        since: datetime,
        before: datetime,
        position: int,
        limit: int,
    ) -> tuple[Sequence[Mapping[str, Any]], int | None]:
        """Who was granted to read anything of these ids, in order: as told in up to `limit` events after
        `position`; and up to where that is, None where no more follow.
        """
        last: int = await tx.connection.fetchval("select coalesce(max(position), 0) from event_log")
        is_last = position + limit >= last
        place = (topics.ACCESS, position, since, before)
        rows = (
            await tx.connection.fetch(_ACCESSES_ON_THEIR_WAY, *place)
            if is_last
            else await tx.connection.fetch(_ACCESSES, *place, limit)
        )
        events = ((row["event_time"], AccessEvent.FromString(row["payload"])) for row in rows)
        told = [
            _access(event_time, event)
            for event_time, event in events
            if event.access_recorded.outcome == AccessRecorded.OUTCOME_GRANTED
            and not event.access_recorded.method.startswith(_NOT_TOLD)
            and not ids.isdisjoint(event.access_recorded.subject_ids)
        ]
        return told, None if is_last else position + limit

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


def _access(event_time: datetime, event: AccessEvent) -> Mapping[str, Any]:
    recorded = event.access_recorded
    return {
        "happened_time": event_time.isoformat(),
        "method": recorded.method.rpartition("/")[2],
        "agency_id": event.actor.agency_id or None,
        "roles": list(recorded.roles),
        "by_an_open_page": recorded.by_itself,
        "by_the_hub_itself": event.actor.kind == Actor.KIND_SERVICE,
    }
