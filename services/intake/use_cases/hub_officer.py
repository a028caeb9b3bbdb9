"""Officers of the hub itself act for no agency, and answer for what is given of anybody."""

from typing import Final

from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.errors import NotPermitted
from kernel.vocabulary import Role
from services.intake.use_cases.own_agency import own_agency

HUB_OFFICERS: Final = frozenset({Role.DPO, Role.SAFEGUARDING_OFFICER})

# both end with the transaction, as app.agency does
_REACH: Final = "select set_config('app.officer', 'true', true)"
_REACH_EVERYTHING: Final = "select set_config('app.internal', 'true', true)"


async def own_agency_or_officer(tx: Transaction) -> None:
    """Lets an officer of the hub see the emergencies of every agency; whoever acts for one sees only its own.

    Raises:
        NotPermitted: NO_AGENCY, neither.
    """
    caller = tx.caller
    if caller.agency_id is None and HUB_OFFICERS & caller.roles:
        await tx.connection.execute(_REACH)
        return
    own_agency(caller)


async def reach_everything(tx: Transaction) -> None:
    """From here on the transaction sees all of everybody, as the hub's own services do.

    Call it only once it is decided that something is done about the person of the caller's request.
    """
    await tx.connection.execute(_REACH_EVERYTHING)


async def reach_complaints_too(tx: Transaction) -> None:
    """As `reach_everything`, with complaints, which the hub's own services do not see.

    Call it only for an officer or auditor of the hub who is answered in numbers, or acts on everybody.
    """
    await tx.connection.execute(_REACH)
    await reach_everything(tx)


def hub_officer_only(caller: Caller) -> None:
    """What holds for the whole hub is no agency's to set, whatever the role.

    Raises:
        NotPermitted: HUB_OFFICER_ONLY.
    """
    if caller.agency_id is not None:
        raise NotPermitted(
            "Only an officer of the hub itself may do this; you act for an agency.", reason="HUB_OFFICER_ONLY"
        )
