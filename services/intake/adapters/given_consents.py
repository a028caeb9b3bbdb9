"""The consents of a person in PostgreSQL, with what has become of each of their lines."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, ConsentId
from kernel.vocabulary import LegalBasis
from services.intake.domain.cells import Grant, GrantEffect
from services.intake.domain.consent import ConsentAnswer, ConsentEnding, ConsentGiver, ConsentMethod
from services.intake.domain.given_consent import ConsentState, GivenAnswer, GivenConsent, GivenGrant

_PAGE: Final = """
    select said.consent_id, said.beneficiary_id, said.given_by, said.method, said.notice_version,
        said.notice_language, said.spoken_language, said.happened_time, said.recorded_time,
        said.valid_from_time, said.valid_until_time, said.renews_consent_id,
        (
            select ended.state from consent_event as ended
            where ended.beneficiary_id = said.beneficiary_id and ended.consent_id = said.consent_id
              and ended.state = any($5::text[])
            limit 1
        ) as ended_as
    from consent as said
    where said.beneficiary_id = any($1::uuid[])
      and ($2::timestamptz is null or (said.recorded_time, said.consent_id) < ($2, $3))
    order by said.recorded_time desc, said.consent_id desc limit $4
"""
# a line finds its cell by the event that opened it, which is how cells are indexed; lines that differ in
# categories only have one cell together
_GRANTS: Final = """
    with given as materialized (
        select consent_id, consent_event_id from consent_event
        where beneficiary_id = any($1::uuid[]) and consent_id = any($2::uuid[])
          and state in ('GIVEN', 'RENEWED')
    )
    select line.consent_id, line.agency_id, line.purpose, line.categories, line.legal_basis, line.effect,
        line.is_safety_critical, cell.withdrawn_time, closing.state as closed_as
    from given
    join consent_grant as line using (consent_id)
    left join grant_cell as cell on cell.consent_event_id = given.consent_event_id
        and (cell.agency_id, cell.purpose, cell.legal_basis, cell.effect)
          = (line.agency_id, line.purpose, line.legal_basis, line.effect)
    left join consent_event as closing on closing.consent_event_id = cell.withdrawn_event_id
    order by line.consent_id, line.line
"""
_ANSWERS: Final = """
    select state, agency_id, happened_time, recorded_time from consent_event
    where beneficiary_id = any($1::uuid[]) and state = any($2::text[])
    order by recorded_time desc, consent_event_id desc limit $3
"""


async def given_consents(
    tx: Transaction, records: Sequence[BeneficiaryId], before: tuple[datetime, UUID] | None, size: int
) -> list[GivenConsent]:
    """Up to `size` consents on these records of a person, the newest first, by two statements.

    Args:
        before: only those older than what stands at this place.
    """
    rows = await tx.connection.fetch(_PAGE, records, *(before or (None, None)), size, list(ConsentEnding))
    consent_ids = [row["consent_id"] for row in rows]
    grants: dict[UUID, list[GivenGrant]] = defaultdict(list)
    for line in await tx.connection.fetch(_GRANTS, records, consent_ids):
        grants[line["consent_id"]].append(_grant_from(line))
    return [replace(_consent_from(row), grants=tuple(grants[row["consent_id"]])) for row in rows]


async def given_answers(tx: Transaction, records: Sequence[BeneficiaryId], most: int) -> list[GivenAnswer]:
    """What was said on these records of a person that neither gave nor took consent, the newest first."""
    rows = await tx.connection.fetch(_ANSWERS, records, list(ConsentAnswer), most)
    return [
        GivenAnswer(
            ConsentAnswer(row["state"]),
            None if row["agency_id"] is None else AgencyId(row["agency_id"]),
            row["happened_time"],
            row["recorded_time"],
        )
        for row in rows
    ]


def _consent_from(row: Any) -> GivenConsent:
    renews, ended_as = row["renews_consent_id"], row["ended_as"]
    return GivenConsent(
        consent_id=ConsentId(row["consent_id"]),
        beneficiary_id=BeneficiaryId(row["beneficiary_id"]),
        given_by=ConsentGiver(row["given_by"]),
        method=ConsentMethod(row["method"]),
        notice_version=row["notice_version"],
        notice_language=row["notice_language"],
        spoken_language=row["spoken_language"],
        happened_time=row["happened_time"],
        recorded_time=row["recorded_time"],
        valid_from_time=row["valid_from_time"],
        valid_until_time=row["valid_until_time"],
        renews_consent_id=None if renews is None else ConsentId(renews),
        ended_as=None if ended_as is None else ConsentEnding(ended_as),
    )


def _grant_from(row: Any) -> GivenGrant:
    return GivenGrant(
        Grant(
            agency_id=AgencyId(row["agency_id"]),
            purpose=row["purpose"],
            categories=row["categories"],
            legal_basis=LegalBasis(row["legal_basis"]),
            effect=GrantEffect(row["effect"]),
            is_safety_critical=row["is_safety_critical"],
        ),
        closed_time=row["withdrawn_time"],
        closed_as=None if row["closed_as"] is None else ConsentState(row["closed_as"]),
    )
