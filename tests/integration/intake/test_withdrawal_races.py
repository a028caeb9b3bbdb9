"""Somebody takes back consent at the very moment in which an agency asks for their data.

Whatever the order in which the two arrive, nothing is given once the withdrawal has been committed.
"""

from services.intake.adapters.postgres_disclosures import PostgresDisclosures
from tests.support.consented_people import OpenIntake
from tests.support.withdrawal_races import GrantLockOnlyDisclosures, PlainReadDisclosures, race, race_needs


async def test_nothing_is_given_after_a_withdrawal_however_close(intake: OpenIntake) -> None:
    races = await race(intake, PostgresDisclosures(), 100)
    assert races.leaks == 0
    assert races.given >= 50


async def test_the_lock_on_the_grants_holds_by_itself(intake: OpenIntake) -> None:
    assert (await race(intake, GrantLockOnlyDisclosures(), 20)).leaks == 0


async def test_reading_consent_without_a_lock_would_leak(intake: OpenIntake) -> None:
    races = await race(intake, PlainReadDisclosures(), 10)
    assert races.leaks >= 5


async def test_nothing_is_given_after_a_need_was_withdrawn_however_close(intake: OpenIntake) -> None:
    races = await race_needs(intake, PostgresDisclosures(), 40)
    assert races.leaks == 0
    assert races.given >= 20


async def test_not_looking_at_the_need_would_leak(intake: OpenIntake) -> None:
    races = await race_needs(intake, PlainReadDisclosures(), 10)
    assert races.leaks >= 5
