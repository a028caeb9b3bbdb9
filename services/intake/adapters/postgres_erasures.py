"""Erasures and their certificates in PostgreSQL."""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId
from services.intake.adapters.begun_erasures import BegunErasure
from services.intake.domain.erasure import (
    KEPT_ON,
    UNTOLD,
    Certificate,
    Destroyed,
    DestroyedKey,
    RecallAnswer,
)

_KEYS: Final = """
    select key_id, key_class, epoch from data_key
    where beneficiary_id = any($1::uuid[]) order by key_class, epoch, key_id
"""
_OF_PERSON: Final = {
    "beneficiary_merge": "merged_beneficiary_id = any($1::uuid[]) or kept_beneficiary_id = any($1::uuid[])",
    # what an authority was given would tell that it asked
    "disclosure": "beneficiary_id = any($1::uuid[]) and kind <> 'COMPELLED'",
}
_KEPT: Final = " union all ".join(
    f"select '{table}' as place, count(*) as count from {table}"  # noqa: S608  names of tables
    f" where {_OF_PERSON.get(table, 'beneficiary_id = any($1::uuid[])')}"
    for table in KEPT_ON
    if table not in UNTOLD
)
_KEEP: Final = """
    insert into erasure (certificate_id, rights_request_id, agency_id, decided_by_principal_id,
        identity_proof, document, document_sha256, erased_time, beneficiary_ids)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_UNCERTIFIED: Final = """
    select asked.rights_request_id, asked.agency_id
    from unnest($1::uuid[], $2::uuid[]) as begun (rights_request_id, beneficiary_id)
    join rights_request as asked using (rights_request_id)
    join beneficiary as person on person.beneficiary_id = begun.beneficiary_id
    where person.erased_time is null
    and not exists (select from erasure where erasure.rights_request_id = asked.rights_request_id)
"""
_LOCK_UNCERTIFIED: Final = f"{_UNCERTIFIED} order by person.beneficiary_id for no key update of person"
_RECIPIENTS: Final = """
    select distinct agency_id from disclosure
    where beneficiary_id = any($1::uuid[]) and outcome = 'GIVEN' and agency_id is not null order by agency_id
"""
_ANSWERS: Final = """
    select agency_id, opened_time, due_time, acknowledged_time,
        bit_count(recalled_mask::bit(64))::int as recalled, bit_count(kept_mask::bit(64))::int as kept
    from recall where beneficiary_id = any($1::uuid[]) order by opened_time, recall_id
"""
_READ: Final = """
    select certificate_id, erased_time, document, beneficiary_ids from erasure where certificate_id = $1
"""


class PostgresErasures:
    """Rows are only added."""

    async def held(self, tx: Transaction, records: Collection[BeneficiaryId]) -> Destroyed:
        """What there is of a person, on all their records, that an erasure will destroy."""
        keys = await tx.connection.fetch(_KEYS, list(records))
        entries: int = await tx.connection.fetchval(
            "select count(*) from blind_index where beneficiary_id = any($1::uuid[])", list(records)
        )
        sealed = await tx.connection.fetch(
            "select category from sealed_record where beneficiary_id = any($1::uuid[])", list(records)
        )
        return Destroyed(
            keys=[DestroyedKey(**row) for row in keys],
            index_entries=entries,
            categories=[row["category"] for row in sealed],
        )

    async def kept(self, tx: Transaction, records: Collection[BeneficiaryId]) -> dict[str, int]:
        """How many rows of each table stay, of those of which it is told."""
        rows = await tx.connection.fetch(_KEPT, list(records))
        return {row["place"]: row["count"] for row in rows}

    async def recipients(self, tx: Transaction, records: Collection[BeneficiaryId]) -> Sequence[UUID]:
        """The agencies that were given something of the person."""
        rows = await tx.connection.fetch(_RECIPIENTS, list(records))
        return [row["agency_id"] for row in rows]

    async def answers(self, tx: Transaction, records: Collection[BeneficiaryId]) -> Sequence[RecallAnswer]:
        """What agencies were ever asked back of the person, on all their records, and what they answered."""
        rows = await tx.connection.fetch(_ANSWERS, list(records))
        return [RecallAnswer(**row) for row in rows]

    async def keep(
        self,
        tx: Transaction,
        certificate: Certificate,
        begun: BegunErasure,
        agency_id: AgencyId,
    ) -> None:
        """Keeps the certificate of an erasure whose request this agency has registered."""
        await tx.connection.execute(
            _KEEP,
            certificate.certificate_id,
            begun.rights_request_id,
            agency_id,
            begun.decided_by_principal_id,
            begun.identity_proof,
            certificate.document,
            certificate.sha256,
            certificate.erased_time,
            list(begun.records),
        )

    async def uncertified(self, tx: Transaction, begun: Collection[BegunErasure]) -> set[UUID]:
        """Those of these requests of which somebody is not erased and nothing is certified."""
        rows = await tx.connection.fetch(_UNCERTIFIED, *_columns(begun))
        return {row["rights_request_id"] for row in rows}

    async def lock_uncertified(self, tx: Transaction, begun: BegunErasure) -> AgencyId | None:
        """The agency that registered the request, with the records locked; None where it is certified, or
        everybody is erased, or this database does not know of it.
        """
        rows = await tx.connection.fetch(_LOCK_UNCERTIFIED, *_columns([begun]))
        return AgencyId(rows[0]["agency_id"]) if rows else None

    async def read(
        self, tx: Transaction, certificate_id: UUID
    ) -> tuple[Certificate, Collection[BeneficiaryId]] | None:
        """The certificate, and the records that it is of; None where the caller may not know of it."""
        row = await tx.connection.fetchrow(_READ, certificate_id)
        return row and (
            Certificate(row["certificate_id"], row["erased_time"], row["document"]),
            row["beneficiary_ids"],
        )


def _columns(begun: Collection[BegunErasure]) -> tuple[list[UUID], list[UUID]]:
    pairs = [(one.rights_request_id, record) for one in begun for record in one.records]
    return [request for request, _ in pairs], [record for _, record in pairs]
