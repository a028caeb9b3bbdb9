"""The race between disclosure and withdrawal, as often as the design asks for it."""

from pathlib import Path

from services.intake.adapters.postgres_disclosures import PostgresDisclosures
from tests.support.consented_people import open_intake
from tests.support.postgres import MakeDatabase
from tests.support.withdrawal_races import race


async def test_in_a_thousand_races_nothing_is_given_after_the_withdrawal(
    fresh_database: MakeDatabase, tmp_path: Path
) -> None:
    async with open_intake(fresh_database(schemas=("intake",)), tmp_path) as intake:
        races = await race(intake, PostgresDisclosures(), 1000)
    assert races.leaks == 0
    assert races.given >= 500
