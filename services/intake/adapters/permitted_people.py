"""Of which people staff may know, and by which of their records."""

from collections.abc import Sequence
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from kernel.restricted import RESTRICTED_TYPES, may_see_restricted

_OTHERS: Final = """
    select beneficiary_id, other_id, other_is_kept from same_person
    where beneficiary_id = any($1::uuid[]) and unmerged_time is null
"""
_RESTRICTED: Final = """
    select distinct beneficiary_id from need where beneficiary_id = any($1) and service_type = any($2)
"""


async def permitted_people(tx: Transaction, people: Sequence[BeneficiaryId]) -> list[BeneficiaryId]:
    """Those of whom the caller may know, in their order, each as the record that it was merged into."""
    return list(dict.fromkeys((await seen_as(tx, people)).values()))


async def records_shown(tx: Transaction, records: Sequence[BeneficiaryId]) -> list[BeneficiaryId]:
    """Those of the records of one person of which the caller may know, in their order.

    Of one that needs, or needed, a restricted service, only whoever may know that.
    """
    if may_see_restricted(tx.caller.roles):
        return list(records)
    rows = await tx.connection.fetch(_RESTRICTED, records, list(RESTRICTED_TYPES))
    restricted = {row["beneficiary_id"] for row in rows}
    return [record for record in records if record not in restricted]


async def seen_as(tx: Transaction, people: Sequence[BeneficiaryId]) -> dict[BeneficiaryId, BeneficiaryId]:
    """Each of whom the caller may know, in their order, with the record that it was merged into, or itself.

    Whoever is restricted by one of their records is so by all. Asked for nobody, too: it takes as long.
    """
    kept, records = {person: person for person in people}, {person: [person] for person in people}
    for row in await tx.connection.fetch(_OTHERS, people):
        records[row["beneficiary_id"]].append(row["other_id"])
        if row["other_is_kept"]:
            kept[row["beneficiary_id"]] = row["other_id"]
    restricted = set()
    if not may_see_restricted(tx.caller.roles):
        known = [record for of_person in records.values() for record in of_person]
        rows = await tx.connection.fetch(_RESTRICTED, known, list(RESTRICTED_TYPES))
        restricted = {row["beneficiary_id"] for row in rows}
    return {person: kept[person] for person in people if restricted.isdisjoint(records[person])}
