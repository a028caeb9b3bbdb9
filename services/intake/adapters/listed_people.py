"""What a list on a page says of people: opened for many at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from kernel.restricted import RESTRICTED_TYPES, may_see_restricted
from services.intake.adapters.record_format import CASE_CODE
from services.intake.adapters.vault import Vault
from services.intake.domain.beneficiary import Birth, Names

# row-level security leaves out whom another agency registered; whoever needs a restricted service by one of
# their records does so by all, and a freeze of one holds for all
_LISTED: Final = """
    select record.*, exists (
        select from need
        where need.beneficiary_id = any(together.ids) and need.service_type = any($3::text[])
    ) as is_restricted, exists (
        select from consent_freeze as frozen
        where frozen.beneficiary_id = any(together.ids) and frozen.lifted_time is null
    ) as is_consent_frozen
    from vault_record as record
    cross join lateral (
        select array(
            select other_id from same_person as seen
            where seen.beneficiary_id = record.beneficiary_id and seen.unmerged_time is null
        ) || record.beneficiary_id as ids
    ) as together
    where record.beneficiary_id = any($1::uuid[]) and record.category = any($2::text[])
"""
_CATEGORIES: Final = ("NAME", "BIRTH_AND_SEX", CASE_CODE)


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person as a list shows them; `is_restricted` is told to protection staff only."""

    beneficiary_id: BeneficiaryId
    names: Names
    birth: Birth
    case_code: str
    is_restricted: bool
    is_consent_frozen: bool


class ListedPeople:
    """Reads people of the caller's agency for lists."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def read(self, tx: Transaction, people: Sequence[BeneficiaryId]) -> list[ListedPerson]:
        """Those of them whom the caller may see and who can be read, in their order, by one statement."""
        restricted = list(RESTRICTED_TYPES) if may_see_restricted(tx.caller.roles) else []
        rows = await tx.connection.fetch(_LISTED, list(people), list(_CATEGORIES), restricted)
        opened, marks = self._vault.open_fields(rows), {row["beneficiary_id"]: row for row in rows}
        return [
            ListedPerson(
                person,
                fields["names"],
                fields["birth"],
                fields["case_code"],
                marks[person]["is_restricted"],
                marks[person]["is_consent_frozen"],
            )
            for person in people
            if (fields := opened.get(person)) is not None
        ]
