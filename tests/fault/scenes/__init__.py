"""One scene for each consumer of the product: what its clients tell, and what must have come of it.

A scene feeds the real service, which runs as a process of its own, through a real outbox, relay and broker;
and holds what the clients were told is kept against the tables that the service writes.
"""

from typing import Final

from tests.fault.scenes.deliveries import Deliveries, deliveries_scene
from tests.fault.scenes.held_referrals import HeldReferrals, held_referrals_scene
from tests.fault.scenes.ledger import Ledger, ledger_scene
from tests.fault.scenes.referrals import Referrals, referrals_scene
from tests.fault.scenes.scene import OpenScene

SCENES: Final[dict[str, OpenScene]] = {
    Referrals.consumer: referrals_scene,
    Deliveries.consumer: deliveries_scene,
    HeldReferrals.consumer: held_referrals_scene,
    Ledger.consumer: ledger_scene,
}
"""By the consumer's name; a test fails when a service wires one that is missing here."""
