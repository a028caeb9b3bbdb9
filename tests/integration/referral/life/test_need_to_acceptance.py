"""From a recorded need to an agency that has taken the person up."""

import pytest

from kem.referral.v1 import referral_pb2
from tests.support.referral_life import DESK, Life, member

pytestmark = pytest.mark.asyncio


async def test_a_consented_need_is_offered_at_once_and_accepted(life: Life) -> None:
    need = await life.one()
    assert life.state(need) == "OFFERED"
    assert life.told(need) == ["referral_offered"]
    agency = member(life.offer_to(need))

    answer = await life.call(agency, "AcceptOffer", offer_id=life.offer(need)["offer_id"])

    assert answer.state == referral_pb2.REFERRAL_STATE_ACCEPTED
    assert life.state(need) == "ACCEPTED"
    assert life.told(need) == ["referral_offered", "referral_accepted"]
    accepted = life.facts(need)[-1].referral_accepted
    assert accepted.purpose
    assert accepted.needed_mask > 0
    assert accepted.service_id == life.offer(need)["service_id"]
    seen = await life.call(DESK, "GetReferral", referral_id=need.referral_id)
    assert seen.referral.holder_agency_id == life.offer(need)["agency_id"]
