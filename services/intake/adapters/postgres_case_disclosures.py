"""What agencies were given of a person, in PostgreSQL: by one statement, for who registered the person."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.postgres import Transaction
from kernel.ids import AgencyId, BeneficiaryId, DisclosureId, ReferralId
from services.intake.domain.case_disclosure import CaseChanges, CaseDisclosure, CasePlace, CaseRecall
from services.intake.domain.cells import GrantEffect
from services.intake.domain.disclosure import Refusal, Span, permitted_until
from services.intake.domain.handover import HandoverAnswer
from services.intake.domain.recall import RecallCause

_LISTED: Final = """
    select *, clock_timestamp() as now
    from disclosures_of_case($1::uuid[], $2, $3::text[], $4, $5, $6, $7, $8)
"""
_CHANGES: Final = "select beneficiary_id, changes from changes_of_cases($1::uuid[], $2::text[])"


async def disclosures_of_case(
    tx: Transaction,
    records: Sequence[BeneficiaryId],
    referral_id: ReferralId | None,
    hidden_types: Sequence[str],
    before: CasePlace | None,
    size: int,
    *,
    asked_back_only: bool = False,
) -> tuple[list[CaseDisclosure], CasePlace | None]:
    """Up to `size` lines of these records of a person, what was read last first, none of the hidden types;
    and where what follows begins, None where nothing does.

    Args:
        referral_id: for this one only.
        asked_back_only: that of which something is asked back and not answered.
    """
    place = before or (None, None, None)
    rows = await tx.connection.fetch(
        _LISTED, list(records), referral_id, list(hidden_types), asked_back_only, *place, size + 1
    )
    lines = [_line(row) for row in rows[:size]]
    if len(rows) <= size:
        return lines, None
    as_of_time = before.as_of_time if before else rows[-1]["now"]  # later than whatever the rows were made of
    return lines, CasePlace(as_of_time, lines[-1].last_time, lines[-1].disclosure_id)


async def changes_of_cases(
    tx: Transaction, people: Sequence[BeneficiaryId], hidden_types: Sequence[str]
) -> list[CaseChanges]:
    """How much has been recorded of each whom the caller's agency registered and who is not erased, without
    what belongs to the hidden types.
    """
    rows = await tx.connection.fetch(_CHANGES, list(people), list(hidden_types))
    return [CaseChanges(BeneficiaryId(row["beneficiary_id"]), row["changes"]) for row in rows]


def _line(row: Any) -> CaseDisclosure:
    spans = [
        Span(GrantEffect(effect), mask, datetime.fromisoformat(begins), datetime.fromisoformat(ends))
        for effect, mask, begins, ends in json.loads(row["cells"] or "[]")
    ]
    return CaseDisclosure(
        disclosure_id=DisclosureId(row["disclosure_id"]),
        referral_id=ReferralId(row["referral_id"]),
        agency_id=AgencyId(row["agency_id"]),
        kind=row["kind"],
        refusal=Refusal(row["refusal_reason"]) if row["refusal_reason"] else None,
        given_mask=row["given_mask"],
        legal_bases=row["legal_bases"],
        first_time=row["first_time"],
        last_time=row["last_time"],
        times=row["times"],
        answer=HandoverAnswer(row["answer"]) if row["answer"] else None,
        permitted_until_time=permitted_until(row["given_mask"], spans, row["now"]),
        recalls=[_recall(one) for one in json.loads(row["recalls"] or "[]")],
    )


def _recall(one: dict[str, Any]) -> CaseRecall:
    said = one["acknowledged_time"]
    return CaseRecall(
        recall_id=UUID(one["recall_id"]),
        cause=RecallCause(one["cause"]),
        mask=one["mask"],
        opened_time=datetime.fromisoformat(one["opened_time"]),
        due_time=datetime.fromisoformat(one["due_time"]),
        acknowledged_time=None if said is None else datetime.fromisoformat(said),
        destroyed_mask=one["destroyed_mask"],
        kept_mask=one["kept_mask"],
    )
