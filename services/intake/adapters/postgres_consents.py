"""Consent records and their events in PostgreSQL, with the cells that each of them opens or closes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, ConsentId, random_id
from services.intake.adapters.consent_rows import events_from
from services.intake.domain.cells import (
    Cell,
    Closing,
    ConsentEnded,
    ConsentEvent,
    ConsentGiven,
    ConsentTakenBack,
    DenialLifted,
    Objected,
)
from services.intake.domain.consent import (
    DENIAL_LIFTED,
    OBJECTED,
    RECORD_SCHEMA,
    ConsentEnding,
    ConsentGiver,
    ConsentRecord,
    ConsentSaid,
)

# along with the record, the moments at which it will begin and end by time alone
_INSERT_CONSENT: Final = """
    with record as (
        insert into consent (consent_id, beneficiary_id, receipt_id, record_schema, obtained_by_agency_id,
            obtained_by_principal_id, notice_version, notice_language, notice_sha256, spoken_language, method,
            given_by, with_interpreter, read_aloud, understanding_checked, child_assents, sealed_details,
            valid_from_time, valid_until_time, happened_time, recorded_time, interpreter_mode, child_age_band,
            authority_expires_date, evidence_sha256, covers_family, renews_consent_id, lacks_authority,
            interpreter_has_signed)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
            $21, $22, $23, $24, $25, $26, $27, $28, $29)
    )
    insert into consent_moment (due_time, beneficiary_id)
    select due_time, $2 from unnest(array[$18, $19]::timestamptz[]) as moment (due_time)
    where due_time > $21
"""
_INSERT_GRANTS: Final = """
    insert into consent_grant (consent_id, line, obtained_by_agency_id, agency_id, purpose, categories,
        legal_basis, effect, is_safety_critical)
    select $1, line, $2, agency_id, purpose, categories, legal_basis, effect, is_safety_critical
    from unnest($3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::boolean[]) with ordinality
        as g (agency_id, purpose, categories, legal_basis, effect, is_safety_critical, line)
"""
_INSERT_EVENT: Final = """
    insert into consent_event (consent_event_id, beneficiary_id, sequence, state, consent_id, agency_id,
        by_agency_id, by_principal_id, acting_person, happened_time, recorded_time, sealed_words)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_INSERT_CELLS: Final = """
    insert into grant_cell (cell_id, beneficiary_id, agency_id, purpose, legal_basis, effect, categories,
        valid_from_time, valid_until_time, consent_id, consent_event_id, by_agency_id)
    select cell_id, $1, agency_id, purpose, legal_basis, effect, categories, $2, $3, $4, $5, $6
    from unnest($7::uuid[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::bigint[])
        as c (cell_id, agency_id, purpose, legal_basis, effect, categories)
"""
_IS_ENDED: Final = """
    select exists (select from consent_event where consent_id = $1 and state = any($2::text[]))
"""
_CLOSE_CELLS: Final = """
    update grant_cell set withdrawn_time = $2, withdrawn_event_id = $3
    where cell_id = any($1::uuid[]) and withdrawn_time is null
"""
_EVENTS: Final = """
    select e.consent_event_id, e.beneficiary_id, e.sequence, e.state, e.consent_id, e.agency_id,
           e.recorded_time, e.happened_time, c.valid_from_time, c.valid_until_time
    from consent_event e left join consent c using (consent_id)
    where e.beneficiary_id = $1
      and e.state in ('GIVEN', 'RENEWED', 'WITHDRAWN', 'TERMINATED', 'INVALIDATED', 'OBJECTED',
        'DENIAL_LIFTED')
    order by e.sequence
"""
_GRANTS: Final = """
    select g.consent_id, g.agency_id, g.purpose, g.categories, g.legal_basis, g.effect, g.is_safety_critical
    from consent_grant g join consent c using (consent_id)
    where c.beneficiary_id = $1
    order by g.consent_id, g.line
"""


class PostgresConsents:
    """Append-only but for the two columns by which a cell is closed. The caller holds the person's lock."""

    async def next_sequence(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> int:
        """The number of the person's next consent event."""
        number: int = await tx.connection.fetchval(
            "select coalesce(max(sequence), 0) + 1 from consent_event where beneficiary_id = $1",
            beneficiary_id,
        )
        return number

    async def add(
        self,
        tx: Transaction,
        given: ConsentGiven,
        record: ConsentRecord,
        *,
        agency_id: AgencyId,
        child_age_band: str | None,
        sealed_details: bytes | None,
        cells: Sequence[Cell],
        lacks_authority: bool,
    ) -> None:
        """Writes the record, its lines, its event, the cells that it opens, and when these begin and end.

        Args:
            child_age_band: of somebody who had not come of age.
            lacks_authority: whoever said it may not decide for the person, as far as is on record.
        """
        happened_time = record.happened_time or given.recorded_time
        await tx.connection.execute(
            _INSERT_CONSENT,
            given.consent_id,
            given.beneficiary_id,
            random_id(),
            RECORD_SCHEMA,
            agency_id,
            tx.caller.principal_id,
            record.notice.version,
            record.notice.language,
            record.notice.sha256,
            record.spoken_language,
            record.method,
            record.given_by,
            record.interpreter is not None,
            record.read_aloud,
            record.understanding_checked,
            record.child_assents,
            sealed_details,
            record.valid_from_time,
            record.valid_until_time,
            happened_time,
            given.recorded_time,
            record.interpreter.mode if record.interpreter else None,
            child_age_band,
            record.authority_expires_date,
            record.evidence_sha256,
            record.covers_family,
            record.renews_consent_id,
            lacks_authority,
            record.interpreter.has_signed_confidentiality if record.interpreter else None,
        )
        await tx.connection.execute(
            _INSERT_GRANTS,
            given.consent_id,
            agency_id,
            [grant.agency_id for grant in given.grants],
            [grant.purpose for grant in given.grants],
            [grant.categories for grant in given.grants],
            [grant.legal_basis for grant in given.grants],
            [grant.effect for grant in given.grants],
            [grant.is_safety_critical for grant in given.grants],
        )
        state = "RENEWED" if record.renews_consent_id else "GIVEN"
        await self._add_event(
            tx, given, state, agency_id, consent_id=given.consent_id, happened_time=happened_time
        )
        await tx.connection.execute(
            _INSERT_CELLS,
            given.beneficiary_id,
            given.valid_from_time,
            given.valid_until_time,
            given.consent_id,
            given.consent_event_id,
            agency_id,
            [cell.cell_id for cell in cells],
            [cell.agency_id for cell in cells],
            [cell.purpose for cell in cells],
            [cell.legal_basis for cell in cells],
            [cell.effect for cell in cells],
            [cell.categories for cell in cells],
        )

    async def has_given(self, tx: Transaction, beneficiary_id: BeneficiaryId, consent_id: ConsentId) -> bool:
        """Whether the person has given this consent."""
        query = "select exists (select from consent where (beneficiary_id, consent_id) = ($1, $2))"
        found: bool = await tx.connection.fetchval(query, beneficiary_id, consent_id)
        return found

    async def close(
        self,
        tx: Transaction,
        withdrawal: ConsentTakenBack,
        closing: Sequence[Cell],
        *,
        by_agency_id: AgencyId,
        happened_time: datetime | None,
    ) -> None:
        """Writes the withdrawal and closes the cells that it closes."""
        await self._add_event(
            tx,
            withdrawal,
            "WITHDRAWN",
            by_agency_id,
            agency_id=withdrawal.agency_id,
            consent_id=withdrawal.consent_id,
            happened_time=happened_time or withdrawal.recorded_time,
        )
        await self._close_cells(tx, withdrawal, closing)

    async def end(
        self,
        tx: Transaction,
        ended: ConsentEnded,
        ending: ConsentEnding,
        closing: Sequence[Cell],
        *,
        by_agency_id: AgencyId,
    ) -> None:
        """Writes that the hub ended a record, and closes the cells that this closes."""
        await self._add_event(
            tx, ended, ending, by_agency_id, consent_id=ended.consent_id, happened_time=ended.recorded_time
        )
        await self._close_cells(tx, ended, closing)

    async def object(
        self, tx: Transaction, objected: Objected, closing: Sequence[Cell], by_agency_id: AgencyId
    ) -> None:
        """Writes that the person objects, and closes the cells that this closes."""
        await self._add_event(tx, objected, OBJECTED, by_agency_id, happened_time=objected.recorded_time)
        await self._close_cells(tx, objected, closing)

    async def lift(
        self,
        tx: Transaction,
        lifted: DenialLifted,
        closing: Sequence[Cell],
        by_agency_id: AgencyId,
        sealed_words: bytes,
    ) -> None:
        """Writes that an officer lifts the denials of a record, and why, and closes them."""
        await self._add_event(
            tx,
            lifted,
            DENIAL_LIFTED,
            by_agency_id,
            consent_id=lifted.consent_id,
            happened_time=lifted.recorded_time,
            sealed_words=sealed_words,
        )
        await self._close_cells(tx, lifted, closing)

    async def giver_of(
        self, tx: Transaction, beneficiary_id: BeneficiaryId, consent_id: ConsentId
    ) -> ConsentGiver | None:
        """Who gave this consent for the person; None where the person has given no such consent."""
        query = "select given_by from consent where (beneficiary_id, consent_id) = ($1, $2)"
        found = await tx.connection.fetchval(query, beneficiary_id, consent_id)
        return None if found is None else ConsentGiver(found)

    async def is_ended(self, tx: Transaction, consent_id: ConsentId) -> bool:
        """Whether the hub has ended this record before."""
        found: bool = await tx.connection.fetchval(_IS_ENDED, consent_id, list(ConsentEnding))
        return found

    async def _close_cells(self, tx: Transaction, event: Closing, closing: Sequence[Cell]) -> None:
        await tx.connection.execute(
            _CLOSE_CELLS,
            [cell.cell_id for cell in closing],
            event.recorded_time,
            event.consent_event_id,
        )

    async def add_answer(
        self, tx: Transaction, said: ConsentSaid, by_agency_id: AgencyId, happened_time: datetime
    ) -> None:
        """Writes what neither gives nor takes consent."""
        await self._add_event(
            tx, said, said.answer, by_agency_id, agency_id=said.agency_id, happened_time=happened_time
        )

    async def events(self, tx: Transaction, beneficiary_id: BeneficiaryId) -> list[ConsentEvent]:
        """All that the person's cells are compiled from, in order."""
        events = await tx.connection.fetch(_EVENTS, beneficiary_id)
        return events_from(events, await tx.connection.fetch(_GRANTS, beneficiary_id))

    async def _add_event(
        self,
        tx: Transaction,
        event: ConsentEvent | ConsentSaid,
        state: str,
        by_agency_id: AgencyId,
        *,
        happened_time: datetime,
        consent_id: ConsentId | None = None,
        agency_id: AgencyId | None = None,
        sealed_words: bytes | None = None,
    ) -> None:
        await tx.connection.execute(
            _INSERT_EVENT,
            event.consent_event_id,
            event.beneficiary_id,
            event.sequence,
            state,
            consent_id,
            agency_id,
            by_agency_id,
            tx.caller.principal_id,
            tx.caller.acting_person,
            happened_time,
            event.recorded_time,
            sealed_words,
        )
