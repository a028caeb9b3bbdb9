"""What a worker begins the day with: who comes, who waits for an answer, what has moved, what is late."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from kem.common.v1.common_pb2 import URGENCY_EMERGENCY
from kem.intake.v1 import appointment_service_pb2 as appointments
from kem.intake.v1 import case_service_pb2 as cases
from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1.need_pb2 import Need
from kem.notifications.v1.delivery_pb2 import INBOX_DESK
from kem.referral.v1 import referral_pb2 as messages
from kem.referral.v1 import referral_service_pb2 as referral
from kernel.codes import SERVICE_TYPES
from services.console.adapters.names import Names
from services.console.entrypoints.codes import named
from services.console.entrypoints.inboxes import end_of_inbox
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.desk.cases import directory_of, urgency_name
from services.console.entrypoints.pages.desk.contacts import appointment_row
from services.console.entrypoints.pages.desk.naming import people_named
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.pages.desk.story import (
    Directory,
    call_to_make,
    colour_of,
    moments,
    state_names,
    state_of,
)
from services.console.entrypoints.rendering import ATHENS

_MOST: Final = 200
"""What one call answers."""
_FIRST: Final = 20
_WHOLE: Final = 100
"""Of each group, at first, and of the one that is asked for."""


class TodayPage:
    """The desk's first page. A handful of calls, however much there is."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its address."""
        calls = (
            "ReferralService/ListPressing",
            "CaseService/ListMyCases",
            "IntakeService/ListMyNeeds",
            "IntakeService/BatchGetNeeds",
            "IntakeService/BatchGetBeneficiaries",
            "AppointmentService/ListAppointments",
            "DirectoryService/ListAgencies",
            "DirectoryService/ListServices",
            "InboxService/ListDeliveries",
        )
        return (Page("/desk", self.today, DESK, calls, nav=NavigationEntry("Today", 10)),)

    async def today(self, visit: Visit) -> Response:
        """Of cases that one follows, and what one has sent; of the whole agency where that is asked for."""
        everybodys, whole = visit.query("whose") == "all", visit.query("group")
        delivered = await end_of_inbox(visit, INBOX_DESK)
        groups, booked, directory = await asyncio.gather(
            _everybodys(visit, whole) if everybodys else _own(visit, whole),
            visit.ask(
                visit.hub.appointments.ListAppointments,
                appointments.ListAppointmentsRequest(day=referral_day(datetime.now(UTC)), page_size=_MOST),
            ),
            directory_of(visit, self._names),
        )
        coming = [appointment_row(one, directory, visit.say) for one in booked.appointments]
        come = len(coming)
        coming = coming[: _WHOLE if whole == "coming" else _FIRST]
        shown = {need.beneficiary_id for group in groups for need, _ in group.pairs}
        names = await people_named(visit, shown | {one["person_id"] for one in coming})
        titles = {
            "call": visit.say("Call now: an emergency that nobody has opened"),
            "question": visit.say("They ask something"),
            "overdue": visit.say("Overdue"),
            "choice": visit.say("The person decides next"),
            "moved": visit.say("What has moved"),
        }
        return visit.render(
            "desk/today.html",
            title=visit.say("Today"),
            everybodys=everybodys,
            last_sequence=delivered.last_sequence if delivered else None,
            come=come,
            coming=[one | {"name": names[one["person_id"]]} for one in coming],
            groups=[
                (
                    group.name,
                    titles[group.name],
                    [_row(visit, *pair, directory, names) for pair in group.pairs],
                    group.count,
                )
                for group in groups
            ],
        )


def referral_day(now: datetime) -> str:
    """The day in Athens."""
    return now.astimezone(ATHENS).date().isoformat()


@dataclass(frozen=True, slots=True)
class Group:
    """What presses for one reason: how much, and the first of it, each with whose it is."""

    name: str
    count: int
    pairs: Sequence[tuple[Need, messages.Referral]]


async def _own(visit: Visit, whole: str) -> list[Group]:
    """Of cases that the reader follows, or stands in for, and of what they have recorded."""
    followed, recorded = await asyncio.gather(
        visit.ask(
            visit.hub.cases.ListMyCases, cases.ListMyCasesRequest(page_size=_MOST, with_needs_only=True)
        ),
        visit.ask(visit.hub.intake.ListMyNeeds, intake.ListMyNeedsRequest()),
    )
    own = [*(need for case in followed.cases for need in case.needs), *recorded.needs]
    needs = {need.referral_id: need for need in own}
    if not needs:
        return []
    return _groups(await _pressing(visit, whole, referral_ids=list(needs)), needs)


async def _everybodys(visit: Visit, whole: str) -> list[Group]:
    """Of all that the agency sent."""
    found = await _pressing(visit, whole, all_sent=True)
    shown = [one.referral_id for group in found.groups for one in group.referrals]
    if not shown:
        return []
    request = intake.BatchGetNeedsRequest(referral_ids=shown)
    answer = await visit.ask(visit.hub.intake.BatchGetNeeds, request)
    return _groups(found, {need.referral_id: need for need in answer.needs})


async def _pressing(visit: Visit, whole: str, **of_which: Any) -> referral.ListPressingResponse:
    request = referral.ListPressingRequest(page_size=_FIRST, **of_which)
    if (longer := f"PRESSING_{whole.upper()}") in referral.Pressing.keys():  # noqa: SIM118  no mapping
        request.longer = referral.Pressing.Value(longer)
    found: referral.ListPressingResponse = await visit.ask(visit.hub.referral.ListPressing, request)
    return found


def _groups(found: referral.ListPressingResponse, needs: Mapping[str, Need]) -> list[Group]:
    """Without what the reader may not know whose it is, or is nobody's any more."""
    groups = []
    for one in found.groups:
        name = referral.Pressing.Name(one.pressing).removeprefix("PRESSING_").lower()
        pairs = [(needs[each.referral_id], each) for each in one.referrals if each.referral_id in needs]
        if pairs:
            groups.append(Group(name, one.count - len(one.referrals) + len(pairs), pairs))
    return groups


def _row(
    visit: Visit, need: Need, one: messages.Referral, directory: Directory, names: dict[str, str]
) -> dict[str, Any]:
    steps, state = moments(one, directory, visit.say), state_of(one)
    return {
        "href": f"/desk/people/{need.beneficiary_id}/referrals/{need.referral_id}",
        "name": names[need.beneficiary_id],
        "type": named(SERVICE_TYPES, need.service_type, visit.language),
        "urgency": urgency_name(visit, need.urgency),
        "is_emergency": need.urgency == URGENCY_EMERGENCY,
        "state": state_names(visit.say)[state],
        "colour": colour_of(state),
        "last": steps[0],
        "call": call_to_make(one, need.urgency, directory),
    }
