"""For whom a caller acts."""

from chassis.caller import Caller
from kernel.errors import NotPermitted
from kernel.ids import AgencyId


def own_agency(caller: Caller) -> AgencyId:
    """The agency whose people the caller may register and see.

    Raises:
        NotPermitted: NO_AGENCY, the caller acts for none.
    """
    if caller.agency_id is None:
        raise NotPermitted("You act for no agency, so there are no people you may see.", reason="NO_AGENCY")
    return AgencyId(caller.agency_id)
