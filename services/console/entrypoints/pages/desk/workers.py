"""Who follows a person's case, and who does when they are away; and the cases that one follows."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.intake.v1 import case_service_pb2 as rpc
from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1.need_pb2 import Need
from kem.referral.v1 import referral_pb2
from kem.referral.v1 import referral_service_pb2 as referral
from kernel.codes import SERVICE_TYPES
from kernel.errors import Conflict, Invalid, NotPermitted, Unavailable
from kernel.vocabulary import Role
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, named
from services.console.entrypoints.forms import Form
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.desk.cases import described
from services.console.entrypoints.pages.desk.naming import (
    LIST_COLLEAGUES,
    Colleagues,
    colleagues_of,
    colleagues_soon,
    people_named,
    worker_name,
)
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.pages.desk.story import colour_of, state_names, state_of
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.sessions import User
from services.console.entrypoints.texts import N_

_PAGE: Final = 50
_SET_BY: Final = frozenset({Role.SUPERVISOR, Role.AGENCY_ADMIN})
_SENT_AGAIN: Final = (Invalid, Conflict, NotPermitted, Unavailable)


class WorkersPages:
    """One's own cases, and the form by which a case gets another caseworker or deputy."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        return (
            Page(
                "/desk/cases",
                self.mine,
                DESK,
                (
                    "CaseService/ListMyCases",
                    "IntakeService/BatchGetBeneficiaries",
                    "ReferralService/ListReferrals",
                    LIST_COLLEAGUES,
                ),
                nav=NavigationEntry(N_("My cases"), 12),
            ),
            Page(
                "/desk/people/{person}/workers",
                self.change,
                DESK,
                ("CaseService/SetCaseWorkers", "IntakeService/GetBeneficiary", LIST_COLLEAGUES),
                ("GET", "POST"),
            ),
        )

    async def mine(self, visit: Visit) -> Response:
        """A page of them, those where one stands in told apart; three calls, however many there are."""
        request = rpc.ListMyCasesRequest(page_size=_PAGE, page_token=visit.query("after")[:200])
        listed, colleagues = await asyncio.gather(
            visit.ask(visit.hub.cases.ListMyCases, request), colleagues_soon(visit, self._names)
        )
        names, states = await asyncio.gather(
            people_named(visit, {one.beneficiary_id for one in listed.cases}),
            _states(visit, [need.referral_id for one in listed.cases for need in one.needs]),
        )
        rows = [(one, _row(one, visit, names, states, colleagues)) for one in listed.cases]
        own = visit.staff.principal_id
        return visit.render(
            "desk/my_cases.html",
            title=visit.say("My cases"),
            groups=[
                (heading, found)
                for heading, found in (
                    (visit.say("Yours"), [row for one, row in rows if one.caseworker_id == own]),
                    (visit.say("Where you stand in"), [row for one, row in rows if one.caseworker_id != own]),
                )
                if found
            ],
            onward=listed.next_page_token,
            is_first=not visit.query("after"),
        )

    async def change(self, visit: Visit) -> Response:
        """Names both anew; whoever may not is told who may."""
        person_id = visit.path_value("person")
        known, colleagues = await asyncio.gather(
            visit.ask(
                visit.hub.intake.GetBeneficiary, intake.GetBeneficiaryRequest(beneficiary_id=person_id)
            ),
            colleagues_of(visit, self._names, anew=True),
        )
        if visit.is_sent:
            if response := await self._set(visit, person_id):
                return response
        else:
            visit.form = Form.of({"caseworker": known.caseworker_id, "deputy": known.deputy_id})
        people = by_name((one.principal_id, one.display_name) for one in colleagues.values())
        gone = visit.say("somebody who is no longer here")
        for set_now in (known.caseworker_id, known.deputy_id):
            if set_now and set_now not in colleagues:
                people.append((set_now, gone))
        return visit.render(
            "desk/workers.html",
            title=visit.say("Who follows the case"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            person_id=person_id,
            who=described(known, visit),
            caseworkers=[("", visit.say("Choose a colleague")), *people],
            deputies=[("", visit.say("Nobody")), *people],
            may_set=may_set(visit.staff, known),
        )

    async def _set(self, visit: Visit, person_id: str) -> Response | None:
        caseworker, deputy = visit.form.text("caseworker"), visit.form.text("deputy")
        if not caseworker:
            visit.errors.add("caseworker", visit.say("Choose who follows the case."))
            return None
        request = rpc.SetCaseWorkersRequest(
            request_id=visit.form.request_id,
            beneficiary_id=person_id,
            caseworker_id=caseworker,
            deputy_id=deputy or None,
        )
        try:
            await visit.ask(visit.hub.cases.SetCaseWorkers, request)
        except _SENT_AGAIN as error:
            at = "deputy" if error.stable_reason == "DEPUTY_IS_CASEWORKER" else "caseworker"
            visit.errors.add(at, str(words_for(error, visit.language)))
            return None
        return visit.go(f"/desk/people/{person_id}", "workers-set")


def may_set(user: User, known: intake.GetBeneficiaryResponse) -> bool:
    """Whether somebody may say who follows the case: as intake decides it."""
    return user.has(*_SET_BY) or user.principal_id == known.caseworker_id


async def _states(visit: Visit, referral_ids: list[str]) -> dict[str, referral_pb2.Referral]:
    if not referral_ids:
        return {}
    request = referral.ListReferralsRequest(
        view=referral.REFERRAL_VIEW_SENT, referral_ids=referral_ids, page_size=len(referral_ids)
    )
    listed = await visit.ask(visit.hub.referral.ListReferrals, request)
    return {one.referral_id: one for one in listed.referrals}


def _row(
    one: rpc.MyCase,
    visit: Visit,
    names: Mapping[str, str],
    states: Mapping[str, referral_pb2.Referral],
    colleagues: Colleagues | None,
) -> dict[str, Any]:
    return {
        "href": f"/desk/people/{one.beneficiary_id}",
        "name": names.get(one.beneficiary_id, ""),
        "caseworker": worker_name(one.caseworker_id, colleagues, visit)
        if one.caseworker_id != visit.staff.principal_id
        else "",
        "deputy": worker_name(one.deputy_id, colleagues, visit),
        "needs": [_need(need, states.get(need.referral_id), visit) for need in one.needs],
        "has_more": one.more_needs,
    }


def _need(need: Need, found: referral_pb2.Referral | None, visit: Visit) -> tuple[str, str, str]:
    """Its type, its state, and the colour of that."""
    state = state_of(found) if found is not None else ""
    words = state_names(visit.say).get(state, visit.say("On its way to matching"))
    return named(SERVICE_TYPES, need.service_type, visit.language), words, colour_of(state)
