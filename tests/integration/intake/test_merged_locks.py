"""Whoever locks the records of one person does so in one order, also where a merge was waited for."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from kernel.ids import BeneficiaryId
from tests.integration.chassis.waiting import until
from tests.support.consented_people import OpenIntake, member_of
from tests.support.merges import SUPERVISOR, Merges
from tests.support.telephone import A


@pytest.fixture
def merges(intake: OpenIntake) -> Merges:
    return Merges(intake)


async def locked(merges: Merges, person: BeneficiaryId) -> list[BeneficiaryId]:
    """All records of the person, once they are locked; each by a command of its own."""
    async with merges.intake.database.transaction(merges.intake.desk) as tx:
        rows = await merges.intake.parts.people.lock_as_one(tx, person)
        return [row.beneficiary_id for row in rows]


async def while_they_are_merged(
    merges: Merges, kept: BeneficiaryId, merged: BeneficiaryId, *calls: Awaitable[Any]
) -> list[Any]:
    """The answers of calls that all wait for a merge, and go on at once when it commits."""
    async with merges.intake.database.transaction(SUPERVISOR) as tx:
        await merges.merge(kept, merged, tx=tx)
        waiting = [asyncio.ensure_future(call) for call in calls]

        async def all_wait() -> bool:
            rows = await merges.intake.rows(
                "select distinct pid from pg_locks where not granted and locktype = 'transactionid'"
            )
            return len(rows) == len(calls)

        await until(all_wait)
    return await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("is_lower_kept", [True, False])
async def test_two_commands_about_one_person_by_two_records_do_not_wait_for_each_other(
    merges: Merges, *, is_lower_kept: bool
) -> None:
    low, high = sorted(await merges.two())
    kept, merged = (low, high) if is_lower_kept else (high, low)
    answers = await while_they_are_merged(merges, kept, merged, locked(merges, low), locked(merges, high))
    assert answers == [[low, high], [high, low]]


async def test_a_disclosure_and_a_command_about_the_other_record_do_not_wait_for_each_other(
    merges: Merges,
) -> None:
    low, high = sorted(await merges.two())
    need = await merges.holding(high)
    disclosing = merges.intake.disclose(need, member_of(A))
    given, records = await while_they_are_merged(merges, low, high, disclosing, locked(merges, low))
    assert not isinstance(given, BaseException)
    assert given.given_mask
    assert records == [low, high]
