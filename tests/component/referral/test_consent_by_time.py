"""Consent begins and ends by time alone, and nobody does anything: referral hears of it all the same."""

import asyncio
from datetime import UTC, datetime, timedelta

from kem.intake.v1 import consent_pb2
from kem.referral.v1 import referral_pb2 as referral
from tests.component.referral.city import City

HOUR = timedelta(hours=1)
WITHIN_SECONDS = 5


def _two_hours_pass(city: City) -> None:
    """All periods of consent, and what reminds of them, lie so much earlier."""
    earlier = ", ".join(
        f"valid_{one}_time = valid_{one}_time - interval '2 hours'" for one in ("from", "until")
    )
    city.database.execute(
        f"""
        update intake.consent set {earlier};
        update intake.grant_cell set {earlier};
        update intake.consent_moment set due_time = due_time - interval '2 hours'
        """
    )


async def test_an_open_offer_is_taken_back_when_the_grant_ends(city: City) -> None:
    person = await city.desk.person()
    await city.desk.consent(person, valid_until_time=datetime.now(UTC) + HOUR)
    need = await city.desk.need(person)
    await city.offered(need)
    _two_hours_pass(city)
    began = asyncio.get_running_loop().time()
    await city.taken_back(need)
    assert asyncio.get_running_loop().time() - began < WITHIN_SECONDS
    seen = await city.state(need, referral.REFERRAL_STATE_AWAITING_PERSON)
    assert seen.offers[0].state == referral.OFFER_STATE_REVOKED


async def test_a_need_that_found_nobody_is_offered_when_a_grant_begins(city: City) -> None:
    person = await city.desk.person()
    await city.desk.consent(person, valid_from_time=datetime.now(UTC) + HOUR)
    need = await city.desk.need(person)
    await city.state(need, referral.REFERRAL_STATE_AWAITING_PERSON)
    _two_hours_pass(city)
    began = asyncio.get_running_loop().time()
    await city.offered(need)
    assert asyncio.get_running_loop().time() - began < WITHIN_SECONDS


async def test_a_need_that_was_denied_to_everybody_is_offered_when_the_denial_ends(city: City) -> None:
    person = await city.desk.person()
    await city.desk.consent(person)
    denial = consent_pb2.GRANT_EFFECT_DENY
    await city.desk.consent(person, effect=denial, valid_until_time=datetime.now(UTC) + HOUR)
    need = await city.desk.need(person)
    await city.state(need, referral.REFERRAL_STATE_AWAITING_PERSON)
    _two_hours_pass(city)
    await city.offered(need)
