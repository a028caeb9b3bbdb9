"""The healthy hub's staff: somebody who has signed in, and somebody who has left."""

from chassis.caller import Caller
from kernel.ids import PrincipalId, derived_id
from kernel.vocabulary import Role
from services.access.adapters.event_codec import encode_event
from services.access.domain.account import AccountOpened
from tests.integration.check.healthy_hub import EARLIER, LATER, NOW, HealthyHub


async def plant_staff(hub: HealthyHub) -> None:
    """Somebody who has signed in, and somebody who has left."""
    for name, state in (("caseworker", "ACTIVE"), ("former caseworker", "CLOSED")):
        principal_id = PrincipalId(derived_id("check", name))
        opened = AccountOpened(principal_id, None, frozenset({Role.CASEWORKER}), 1)
        await hub.log("access", encode_event(opened, Caller.of_service("access"), EARLIER))
        await hub.plant(
            "access.account",
            principal_id=principal_id,
            login=name.replace(" ", "-"),
            roles=["caseworker"],
            state=state,
            version=1,
            closed_time=None if state == "ACTIVE" else NOW,
        )
        if state == "ACTIVE":
            await hub.plant(
                "access.session",
                principal_id=principal_id,
                acr="pwd",
                begun_time=EARLIER,
                used_time=NOW,
                end_time=LATER,
            )
