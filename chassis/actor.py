"""The caller as events name who acted: random ids and an agency's own opaque reference, never a name."""

from typing import TYPE_CHECKING

from chassis.caller import Caller

if TYPE_CHECKING:
    from kem.common.v1.common_pb2 import Actor


def actor_of(caller: Caller) -> "Actor":
    """Who acted, for an event's envelope."""
    from kem.common.v1.common_pb2 import Actor

    if caller.is_internal:
        kind = Actor.KIND_SERVICE
    elif caller.acting_person:
        kind = Actor.KIND_AGENCY
    else:
        kind = Actor.KIND_STAFF
    return Actor(
        kind=kind,
        id=str(caller.principal_id),
        agency_id=str(caller.agency_id) if caller.agency_id else None,
        acting_person=caller.acting_person,
    )
