"""What was given of the person for a referral, on what it rested, and what was asked back."""

from typing import Final
from uuid import UUID

import asyncpg

from tools.trace.story import HUB, Entry, Names, Who, athens

_DISCLOSURES: Final = """
    select d.*, bit_count(given_mask::bit(64)) as given, bit_count(asked_mask::bit(64)) as asked,
        h.answer, r.due_time as review_due_time, r.finding
    from intake.disclosure d
    left join intake.handover h using (disclosure_id)
    left join intake.emergency_review r on r.subject_id = d.disclosure_id
    where d.referral_id = $1 order by disclosed_time
"""
_ACCESSES: Final = """
    select a.*, bit_count(asked_mask::bit(64)) as asked, bit_count(authorised_mask::bit(64)) as authorised,
        r.due_time as review_due_time, r.finding
    from intake.emergency_access a
    left join intake.emergency_review r on r.subject_id = a.emergency_access_id
    where a.referral_id = $1 order by requested_time
"""
_RECALLS: Final = """
    select r.*, bit_count(recalled_mask::bit(64)) as asked, bit_count(destroyed_mask::bit(64)) as destroyed
    from intake.recall r where r.referral_id = $1 order by opened_time
"""


async def given(
    connection: asyncpg.Connection, referral_id: UUID, names: Names, *, is_restricted: bool
) -> list[Entry]:
    """Disclosures and refusals, emergency accesses, and recalls."""
    return [
        *await _disclosures(connection, referral_id, names),
        *await _emergency_accesses(connection, referral_id, names),
        *await _recalls(connection, referral_id, names, is_restricted=is_restricted),
    ]


async def _disclosures(connection: asyncpg.Connection, referral_id: UUID, names: Names) -> list[Entry]:
    entries = []
    for row in await connection.fetch(_DISCLOSURES, referral_id):
        by = row["told_by_agency_id"] or row["agency_id"]
        who = Who("STAFF", names.agency(by), str(row["principal_id"]), row["acting_person"])
        if row["kind"] == "VERBAL":
            says = _handover(row, names)
            entries.append(Entry(row["disclosed_time"], 0, who, "HandoverRecorded", says))
        elif row["kind"] == "EMERGENCY" and row["outcome"] == "GIVEN":
            says = f"{row['given']} kinds of data were given by the emergency access."
            entries.append(Entry(row["disclosed_time"], 0, who, "EmergencyDisclosureGiven", says))
        elif row["outcome"] == "GIVEN":
            says = f"{row['given']} of {row['asked']} kinds of data were given, as the person allows."
            entries.append(Entry(row["disclosed_time"], 0, who, "DisclosureGiven", says))
        else:
            says = f"Asked for the person's data and got none: {row['refusal_reason']}."
            entries.append(Entry(row["disclosed_time"], 0, who, "DisclosureRefused", says))
    return entries


async def _emergency_accesses(connection: asyncpg.Connection, referral_id: UUID, names: Names) -> list[Entry]:
    entries = []
    for row in await connection.fetch(_ACCESSES, referral_id):
        asker = Who(
            "STAFF",
            names.agency(row["agency_id"]),
            str(row["requested_by_principal_id"]),
            row["acting_person"],
        )
        says = f"Asked to see {row['asked']} kinds of data in an emergency."
        entries.append(Entry(row["requested_time"], 0, asker, "EmergencyAccessRequested", says))
        if row["decided_time"] is not None:
            decider = Who("STAFF", principal_id=str(row["decided_by_principal_id"]))
            entries.append(Entry(row["decided_time"], 0, decider, "EmergencyAccessDecided", _decision(row)))
    return entries


async def _recalls(
    connection: asyncpg.Connection, referral_id: UUID, names: Names, *, is_restricted: bool
) -> list[Entry]:
    entries = []
    for row in await connection.fetch(_RECALLS, referral_id):
        agency = names.agency(row["agency_id"])
        says = (
            f"{_RECALL_CAUSES[row['cause']]}: {agency} must say by {athens(row['due_time'])} what became of"
            f" {row['asked']} kinds of data that it was given."
        )
        entries.append(Entry(row["opened_time"], 0, HUB, "RecallOpened", says))
        if row["overdue_told_time"] is not None:
            says = f"{agency} has not said it in time."
            entries.append(Entry(row["overdue_told_time"], 0, HUB, "RecallOverdue", says))
        if row["acknowledged_time"] is not None:
            holder = Who("STAFF", agency, str(row["acknowledged_by_principal_id"]), row["acting_person"])
            says = f"{row['destroyed']} kinds of data were destroyed"
            if row["kept_ground"]:
                says += f", {row['asked'] - row['destroyed']} are kept"
                says += "" if is_restricted else f": {row['kept_ground']}"
            entries.append(Entry(row["acknowledged_time"], 0, holder, "RecallAcknowledged", f"{says}."))
    return entries


def _handover(row: asyncpg.Record, names: Names) -> str:
    said = f"By telephone {row['given']} kinds of data were told to {names.agency(row['agency_id'])},"
    answered = "which takes the person up" if row["answer"] == "TAKEN" else "which said no"
    if row["review_due_time"] is None:
        return f"{said} {answered}; the person's consent allowed it."
    due = f"a review is due by {athens(row['review_due_time'])}"
    return f"{said} {answered}; for a vital interest, {_REVIEWS.get(row['finding'], due)}."


def _decision(row: asyncpg.Record) -> str:
    if row["valid_until_time"] is None:
        return "The emergency access was refused."
    due = f"a review is due by {athens(row['review_due_time'])}"
    return (
        f"{row['authorised']} kinds of data may be seen until {athens(row['valid_until_time'])},"
        f" {_REVIEWS.get(row['finding'], due)}."
    )


_REVIEWS: Final = {
    "JUSTIFIED": "which a review has found justified",
    "NOT_JUSTIFIED": "which a review has found not justified",
}
_RECALL_CAUSES: Final = {
    "WITHDRAWN": "The consent behind it was withdrawn",
    "ENDED": "The hub has ended the consent behind it",
    "EXPIRED": "The consent behind it has ended",
    "ERASED": "The person was erased",
    "EXCLUDED": "The person denies it to the agency",
    "CORRECTED": "It was corrected, and the agency holds an earlier value",
    "OBJECTED": "The person objects to its use",
}
