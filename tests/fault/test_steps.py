"""The story: a service is struck at the worst moment of its work: in a step of a batch, or of sending.
The breakage: it is killed, frozen or joined by another; its database or its broker is gone. One of each here;
all steps with all faults are in tests/deep/steps/test_every_step.py.
What must still hold: what the clients were told is kept has its effect, once, in its order.
"""

import pytest

from chassis import fault_points
from services.intake.entrypoints import projection
from services.notifications.entrypoints import stream as deliveries
from services.referral.entrypoints import stream as referrals
from tests.fault.faults import Fault, complaints_of_a_consumer, complaints_of_the_relay
from tests.fault.hub import Hub
from tests.fault.scenes import SCENES
from tests.fault.scenes.deliveries import deliveries_scene


@pytest.mark.parametrize(
    ("consumer", "point", "fault"),
    [
        (referrals.CONSUMER, fault_points.IN_TRANSACTION, Fault.ANSWER_LOST),
        (deliveries.CONSUMER, fault_points.AFTER_COMMIT_BEFORE_ACK, Fault.KILLED),
        (projection.CONSUMER, fault_points.AFTER_COMMIT_BEFORE_ACK, Fault.BROKER_CUT),
    ],
)
async def test_a_consumer_that_is_struck_in_a_step_loses_and_doubles_nothing(
    hub: Hub, consumer: str, point: str, fault: Fault
) -> None:
    async with SCENES[consumer](hub) as scene:
        assert await complaints_of_a_consumer(scene, point, fault) == []


async def test_two_relays_of_which_both_think_that_they_lead_lose_and_double_nothing(hub: Hub) -> None:
    async with deliveries_scene(hub) as scene:
        assert await complaints_of_the_relay(scene, fault_points.RELAY_AFTER_SEND, Fault.LEAD_PASSED_ON) == []
