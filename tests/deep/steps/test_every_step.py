"""The story: everything that can happen to a service happens to it, in every step of its work.
The breakage: each fault at each step of each consumer, and of the relay; the table is in docs/reliability.md.
What must still hold: what the clients were told is kept has its effect, once, in its order.
"""

import pytest

from chassis.fault_points import OF_A_CONSUMER, OF_THE_RELAY
from tests.fault.faults import Fault, complaints_of_a_consumer, complaints_of_the_relay, faults_at
from tests.fault.hub import Hub
from tests.fault.scenes import SCENES
from tests.fault.scenes.deliveries import deliveries_scene


@pytest.mark.parametrize("consumer", SCENES)
@pytest.mark.parametrize(
    ("point", "fault"), [(point, fault) for point in OF_A_CONSUMER for fault in faults_at(point)]
)
async def test_a_consumer_survives_every_fault_at_every_step(
    hub: Hub, consumer: str, point: str, fault: Fault
) -> None:
    async with SCENES[consumer](hub) as scene:
        assert await complaints_of_a_consumer(scene, point, fault) == []


@pytest.mark.parametrize(
    ("point", "fault"), [(point, fault) for point in OF_THE_RELAY for fault in faults_at(point)]
)
async def test_the_relay_survives_every_fault_at_every_step(hub: Hub, point: str, fault: Fault) -> None:
    async with deliveries_scene(hub) as scene:
        assert await complaints_of_the_relay(scene, point, fault) == []
