"""Names on the desk's pages: of people whose cases are shown, and of colleagues who follow these."""

from collections.abc import Collection, Mapping
from typing import Final

from kem.access.v1.access_service_pb2 import NamedStaff
from kem.intake.v1 import intake_service_pb2 as intake
from kernel.errors import Exhausted, Unavailable
from services.console.adapters.names import Names
from services.console.entrypoints.page import Visit

LIST_COLLEAGUES: Final = "StaffService/ListColleagues"

_MOST: Final = 200
"""What one call answers."""


async def people_named(visit: Visit, people: Collection[str]) -> dict[str, str]:
    """By id, in one call, of 200 at most; whom the reader may not see is said not to be named."""
    if not people:
        return {}
    request = intake.BatchGetBeneficiariesRequest(beneficiary_ids=sorted(people)[:_MOST])
    answer = await visit.ask(visit.hub.intake.BatchGetBeneficiaries, request)
    unnamed = dict.fromkeys(people, visit.say("Somebody who is not named to you"))
    return unnamed | {one.beneficiary_id: _name(one, visit) for one in answer.beneficiaries}


def _name(one: intake.ListedBeneficiary, visit: Visit) -> str:
    names = (one.names.original, one.names.latin)
    written = [f"{name.given} {name.family}".strip() for name in names if name.given or name.family]
    return written[0] if written else visit.say("Name withheld")


Colleagues = Mapping[str, NamedStaff]


async def colleagues_of(visit: Visit, names: Names, *, anew: bool = False) -> Colleagues:
    """Those who work at the reader's agency, by id.

    Args:
        anew: where somebody chooses among them.
    """
    user = visit.staff
    return await names.colleagues(user.agency_id, user.metadata, anew=anew) if user.agency_id else {}


async def colleagues_soon(visit: Visit, names: Names) -> Colleagues | None:
    """The same for a page that only names them; None where access does not answer: a case is read without."""
    try:
        return await colleagues_of(visit, names)
    except (Unavailable, Exhausted):
        return None


def worker_name(principal_id: str, colleagues: Colleagues | None, visit: Visit) -> str:
    """What they are called; empty where nobody is named."""
    if not principal_id:
        return ""
    if colleagues is None:
        return visit.say("somebody whose name cannot be read at the moment")
    found = colleagues.get(principal_id)
    return found.display_name if found is not None else visit.say("somebody who is no longer here")
