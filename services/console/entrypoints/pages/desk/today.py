"""What a worker begins the day with: who comes, who waits for an answer, what has moved, what is late."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.responses import Response

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
    FINAL,
    Directory,
    colour_of,
    is_overdue,
    last_change,
    moments,
    offer_state_of,
    open_offer,
    state_names,
    state_of,
)
from services.console.entrypoints.rendering import ATHENS

_LOOKED_AT: Final = 200
"""Of those that wait for a person's choice, and of one's own cases: what one call answers."""
_LATEST: Final = 100
"""Of what the agency sent last."""
_RECENT: Final = timedelta(days=3)
_FIRST: Final = 20
"""Of each group, at first; with the one that is asked for whole no more people than one call names."""
_WHOLE: Final = 100


class TodayPage:
    """The desk's first page. A handful of calls, however much there is."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At its address."""
        calls = (
            "ReferralService/ListReferrals",
            "CaseService/ListMyCases",
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
        now, everybodys = datetime.now(UTC), visit.query("whose") == "all"
        delivered = await end_of_inbox(visit, INBOX_DESK)
        day = referral_day(now)
        found, followed, booked, directory = await asyncio.gather(
            _referrals(visit),
            _followed(visit, everybodys),
            visit.ask(
                visit.hub.appointments.ListAppointments,
                appointments.ListAppointmentsRequest(day=day, page_size=_LOOKED_AT),
            ),
            directory_of(visit, self._names),
        )
        elder = await _referrals_of(visit, [one for one in followed if one not in found])
        needs = followed | await _needs(visit, [one for one in found if one not in followed])
        found |= elder
        wanted = [
            (needs[one], found[one])
            for one in found
            if one in needs and (everybodys or one in followed or needs[one].recorded_by_caller)
        ]
        coming = [appointment_row(one, directory, visit.say) for one in booked.appointments]
        groups, whole = _groups(wanted, now), visit.query("group")
        counts = {name: len(group) for name, group in groups.items()}
        groups = {name: group[: _WHOLE if name == whole else _FIRST] for name, group in groups.items()}
        come = len(coming)
        coming = coming[: _WHOLE if whole == "coming" else _FIRST]
        shown = {need.beneficiary_id for group in groups.values() for need, _ in group}
        names = await people_named(visit, shown | {one["person_id"] for one in coming})
        return visit.render(
            "desk/today.html",
            title=visit.say("Today"),
            everybodys=everybodys,
            last_sequence=delivered.last_sequence if delivered else None,
            come=come,
            coming=[one | {"name": names.get(one["person_id"], "")} for one in coming],
            groups=[
                (name, title, [_row(visit, *pair, directory, names) for pair in groups[name]], counts[name])
                for name, title in (
                    ("call", visit.say("Call now: an emergency that nobody has opened")),
                    ("answer", visit.say("They ask something")),
                    ("late", visit.say("Overdue")),
                    ("choose", visit.say("The person decides next")),
                    ("moved", visit.say("What has moved")),
                )
                if groups[name]
            ],
        )


def referral_day(now: datetime) -> str:
    """The day in Athens."""
    return now.astimezone(ATHENS).date().isoformat()


async def _referrals(visit: Visit) -> dict[str, messages.Referral]:
    """The latest, and those that wait for a person however old they are."""
    lists = await asyncio.gather(
        *(
            visit.ask(
                visit.hub.referral.ListReferrals,
                referral.ListReferralsRequest(view=referral.REFERRAL_VIEW_SENT, state=state, page_size=size),
            )
            for state, size in (
                (messages.REFERRAL_STATE_UNSPECIFIED, _LATEST),
                (messages.REFERRAL_STATE_AWAITING_PERSON, _LOOKED_AT),
            )
        )
    )
    return {one.referral_id: one for listed in lists for one in listed.referrals}


async def _referrals_of(visit: Visit, referral_ids: list[str]) -> dict[str, messages.Referral]:
    if not referral_ids:
        return {}
    request = referral.ListReferralsRequest(
        view=referral.REFERRAL_VIEW_SENT, referral_ids=referral_ids, page_size=_LOOKED_AT
    )
    listed = await visit.ask(visit.hub.referral.ListReferrals, request)
    return {one.referral_id: one for one in listed.referrals}


async def _followed(visit: Visit, everybodys: bool) -> dict[str, Need]:
    """By referral, what has not ended of the cases that the reader follows, or stands in for."""
    if everybodys:
        return {}
    request = cases.ListMyCasesRequest(page_size=_LOOKED_AT, with_needs_only=True)
    listed = await visit.ask(visit.hub.cases.ListMyCases, request)
    return {need.referral_id: need for one in listed.cases for need in one.needs}


async def _needs(visit: Visit, referral_ids: list[str]) -> dict[str, Need]:
    answers = await asyncio.gather(
        *(
            visit.ask(
                visit.hub.intake.BatchGetNeeds,
                intake.BatchGetNeedsRequest(referral_ids=referral_ids[start : start + _LOOKED_AT]),
            )
            for start in range(0, len(referral_ids), _LOOKED_AT)
        )
    )
    return {one.referral_id: one for answer in answers for one in answer.needs}


Pair = tuple[Need, messages.Referral]


def _groups(wanted: list[Pair], now: datetime) -> dict[str, list[Pair]]:
    """Each referral once, where it is most pressing."""
    groups: dict[str, list[Pair]] = {name: [] for name in ("call", "answer", "late", "choose", "moved")}
    for need, one in wanted:
        state, offer = state_of(one), open_offer(one)
        if offer is not None and offer.duty_phone:
            groups["call"].append((need, one))
        elif offer is not None and offer_state_of(offer) == "NEEDS_INFORMATION":
            groups["answer"].append((need, one))
        elif state not in FINAL and is_overdue(one, now):
            groups["late"].append((need, one))
        elif state == "AWAITING_PERSON":
            groups["choose"].append((need, one))
        elif last_change(one) > now - _RECENT:
            groups["moved"].append((need, one))
    groups["moved"].sort(key=lambda pair: last_change(pair[1]), reverse=True)
    groups["moved"] = groups["moved"][:50]
    return groups


def _row(
    visit: Visit, need: Need, one: messages.Referral, directory: Directory, names: dict[str, str]
) -> dict[str, Any]:
    steps, state = moments(one, directory, visit.say), state_of(one)
    return {
        "href": f"/desk/people/{need.beneficiary_id}/referrals/{need.referral_id}",
        "name": names.get(need.beneficiary_id, ""),
        "type": named(SERVICE_TYPES, need.service_type, visit.language),
        "urgency": urgency_name(visit, need.urgency),
        "state": state_names(visit.say)[state],
        "colour": colour_of(state),
        "last": steps[0],
    }
