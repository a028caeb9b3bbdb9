"""Somebody's case: who they are, what they need, and where each referral stands."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.common.v1.common_pb2 import Urgency
from kem.intake.v1 import beneficiary_pb2, need_pb2
from kem.intake.v1 import intake_service_pb2 as intake
from kem.notifications.v1.delivery_pb2 import INBOX_DESK
from kem.referral.v1 import referral_pb2 as messages
from kem.referral.v1 import referral_service_pb2 as referral
from kernel.codes import DISTRICTS, LANGUAGES, REASONS, SERVICE_TYPES
from kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from services.console.adapters.names import Names
from services.console.entrypoints.codes import languages_spoken, named
from services.console.entrypoints.forms import as_choice
from services.console.entrypoints.inboxes import COUNT_CHANGES, changes_of_case, end_of_inbox
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.absences import absence_of, in_passing, left_empty
from services.console.entrypoints.pages.desk.consent_steps import (
    LIST_CONSENTS,
    consents_soon,
    steps_of_consents,
)
from services.console.entrypoints.pages.desk.drafts import TAKES_UP, draft_of, forget, take_up
from services.console.entrypoints.pages.desk.given import LIST_GIVEN, given_soon, steps_of_given
from services.console.entrypoints.pages.desk.naming import LIST_COLLEAGUES, colleagues_soon, worker_name
from services.console.entrypoints.pages.desk.need_types import code_typed, types_by_sector
from services.console.entrypoints.pages.desk.open_recalls import open_recalls
from services.console.entrypoints.pages.desk.roles import DESK, door_of
from services.console.entrypoints.pages.desk.story import (
    FINAL,
    Directory,
    call_to_make,
    colour_of,
    is_overdue,
    moments,
    state_names,
    state_of,
)
from services.console.entrypoints.pages.desk.timeline import newest_first, steps_of_needs, types_of
from services.console.entrypoints.pages.earlier import happened_typed
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.rendering import Written
from services.console.entrypoints.words import URGENCIES

MOST_NEEDS: Final = 10
_MOST: Final = 200
_STEPS_SHOWN: Final = 10
"""On the page of the case; all are on that of its story."""
_LINES_READ: Final = 50
"""Of what was given: enough for the newest steps of nearly everybody."""
_BOTH: Final = ("GET", "POST")
_MENDED: Final = (Invalid, RuleBroken, Conflict)
"""Refusals that whoever sent the form can mend in it; what nobody answered is kept whole by the door."""
_READS: Final = ("IntakeService/GetBeneficiary", "IntakeService/ListNeeds", "ReferralService/ListReferrals")
_NAMES: Final = ("DirectoryService/ListAgencies", "DirectoryService/ListServices")


@dataclass(frozen=True, slots=True)
class Case:
    """A person with their needs, each beside its referral where referral knows it yet."""

    person_id: str
    known: intake.GetBeneficiaryResponse
    needs: list[tuple[need_pb2.Need, messages.Referral | None]]


class CasePages:
    """The pages of one person's case."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        person = "/desk/people/{person}"
        return (
            Page(
                person,
                self.case,
                DESK,
                (
                    *(*_READS, *_NAMES, LIST_COLLEAGUES, LIST_CONSENTS, LIST_GIVEN),
                    *("InboxService/ListDeliveries", COUNT_CHANGES),
                ),
            ),
            Page(
                person + "/needs",
                self.record_needs,
                DESK,
                ("IntakeService/RecordNeeds", "DirectoryService/ListAgencies", *TAKES_UP, *_READS),
                _BOTH,
                shows_again=True,
            ),
            Page(
                person + "/needs/{need}/withdraw",
                self.withdraw,
                DESK,
                ("IntakeService/WithdrawNeed", "IntakeService/ListNeeds"),
                _BOTH,
            ),
        )

    async def case(self, visit: Visit) -> Response:
        """Everything at a glance, the latest first."""
        here = f"/desk/people/{visit.path_value('person')}"
        # before anything is read: what comes in between is told once more
        delivered, changes = await asyncio.gather(
            end_of_inbox(visit, INBOX_DESK), changes_of_case(visit, visit.path_value("person"))
        )
        case, agreed, given, directory, colleagues = await asyncio.gather(
            read_case(visit),
            consents_soon(visit),
            given_soon(visit, most=_LINES_READ),
            directory_of(visit, self._names),
            colleagues_soon(visit, self._names),
        )
        now, names, types = datetime.now(UTC), state_names(visit.say), types_of(case.needs, visit.language)
        steps = newest_first(
            (
                *steps_of_needs(case.person_id, case.needs, directory, visit.say),
                *steps_of_consents(here, agreed, directory, visit),
                *steps_of_given(case.person_id, given, types, directory, visit),
            )
        )
        return visit.render(
            "desk/case.html",
            title=visit.say("Case %(code)s") % {"code": case.known.case_code},
            last_sequence=delivered.last_sequence if delivered else None,
            changes=changes,
            is_without=given is None or agreed is None,
            asked_back=open_recalls(case.person_id, given, types, directory, visit, now),
            case=case,
            who=described(case.known, visit),
            left_empty=list(left_empty(case.known.beneficiary, visit)),
            caseworker=worker_name(case.known.caseworker_id, colleagues, visit),
            deputy=worker_name(case.known.deputy_id, colleagues, visit),
            steps=steps[:_STEPS_SHOWN],
            rows=[self._row(visit, need, one, directory, names, now) for need, one in case.needs],
        )

    def _row(
        self,
        visit: Visit,
        need: need_pb2.Need,
        one: messages.Referral | None,
        directory: Directory,
        names: Mapping[str, str],
        now: datetime,
    ) -> dict[str, Any]:
        state = state_of(one) if one is not None else ""
        steps = moments(one, directory, visit.say) if one is not None else []
        return {
            "need": need,
            "type": named(SERVICE_TYPES, need.service_type, visit.language),
            "urgency": urgency_name(visit, need.urgency),
            "is_emergency": need.urgency == Urgency.URGENCY_EMERGENCY,
            "state": names.get(state, visit.say("On its way to matching")),
            "colour": colour_of(state),
            "is_final": state in FINAL,
            "is_overdue": one is not None and is_overdue(one, now),
            "last": steps[0] if steps else None,
            "call": call_to_make(one, need.urgency, directory) if one is not None else None,
            "holder": directory.agency(one.holder_agency_id) if one is not None else "",
        }

    async def record_needs(self, visit: Visit) -> Response:
        """Several at once."""
        person_id = visit.path_value("person")
        if visit.is_sent and not visit.form.has("more"):
            door = await door_of(self._names, visit.staff)
            needs = self._needs_typed(visit, person_id, door)
            if not visit.errors:
                request = intake.RecordNeedsRequest(request_id=visit.form.request_id, needs=needs)
                try:
                    answer = await visit.ask(visit.hub.intake.RecordNeeds, request)
                except _MENDED as error:
                    visit.errors.add("type_1", str(words_for(error, visit.language)))
                else:
                    await forget(visit, visit.form.text("draft"))
                    if len(answer.needs) == 1 and needs[0].routing == need_pb2.Routing.ROUTING_ASK_FIRST:
                        path = f"/desk/people/{person_id}/referrals/{answer.needs[0].referral_id}"
                        return visit.go(path, "need-recorded")
                    return visit.go(f"/desk/people/{person_id}", "need-recorded")
        if not visit.is_sent:
            await take_up(visit)
        known = await visit.ask(
            visit.hub.intake.GetBeneficiary, intake.GetBeneficiaryRequest(beneficiary_id=person_id)
        )
        language, say = visit.language, visit.say
        filled = [row for row in range(1, MOST_NEEDS + 1) if visit.form.text(f"type_{row}")]
        return visit.render(
            "desk/needs.html",
            title=say("Record needs"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            person_id=person_id,
            draft=draft_of(visit),
            who=described(known, visit),
            rows=min(MOST_NEEDS, max(filled, default=0) + 1),
            types=types_by_sector(language),
            urgencies=[
                ("NORMAL", say("Within two weeks")),
                ("URGENT", say("Urgent: within three days")),
                ("EMERGENCY", say("Emergency: life, safety or shelter tonight")),
            ],
            routings=[
                ("ASK_FIRST", say("Show providers first; the person picks")),
                ("CONSENTED", say("At once, among agencies that the person already permits")),
                ("HOLD", say("Keep it for now; nobody is asked yet")),
            ],
        )

    def _needs_typed(self, visit: Visit, person_id: str, door: str) -> list[need_pb2.NewNeed]:
        form, needs, happened = visit.form, [], happened_typed(visit)
        for row in range(1, MOST_NEEDS + 1):
            code = code_typed(form.text(f"type_{row}"), visit.language)
            if not form.text(f"type_{row}"):
                continue
            if not code:
                visit.errors.add(f"type_{row}", visit.say("Choose a service from the list."))
                continue
            need = need_pb2.NewNeed(
                beneficiary_id=person_id,
                service_type=code,
                urgency=as_choice(Urgency, f"URGENCY_{form.text(f'urgency_{row}') or 'NORMAL'}"),
                routing=as_choice(need_pb2.Routing, f"ROUTING_{form.text(f'routing_{row}') or 'ASK_FIRST'}"),
                origin=as_choice(beneficiary_pb2.Origin, f"ORIGIN_{door}"),
                note=form.text(f"note_{row}"),
            )
            if happened is not None:
                need.happened_time.FromDatetime(happened)
            needs.append(need)
        if not needs and not visit.errors:
            visit.errors.add("type_1", visit.say("Choose what the person needs."))
        return needs

    async def withdraw(self, visit: Visit) -> Response:
        """A need that the person wants no longer, with their reason."""
        person_id, need_id = visit.path_value("person"), visit.path_value("need")
        need = next((one for one in await needs_of(visit, person_id) if one.need_id == need_id), None)
        if need is None:
            raise NotFound("This person has no such need.")
        if visit.is_sent:
            reason = visit.form.text("reason")
            if reason in REASONS["PERSON"]:
                request = intake.WithdrawNeedRequest(
                    request_id=visit.form.request_id, need_id=need_id, reason=reason
                )
                await visit.ask(visit.hub.intake.WithdrawNeed, request)
                return visit.go(f"/desk/people/{person_id}", "need-withdrawn")
            visit.errors.add("reason", visit.say("Choose what the person says."))
        return visit.render(
            "desk/withdraw_need.html",
            title=visit.say("Withdraw a need"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            person_id=person_id,
            type=named(SERVICE_TYPES, need.service_type, visit.language),
            reasons=[(code, named(REASONS["PERSON"], code, visit.language)) for code in REASONS["PERSON"]],
        )


async def read_case(visit: Visit) -> Case:
    """The person of the address, with their needs and referrals: three calls, however many there are.

    Raises:
        NotFound: there is no such person, or not for whoever looks.
    """
    person_id = visit.path_value("person")
    known = await visit.ask(
        visit.hub.intake.GetBeneficiary, intake.GetBeneficiaryRequest(beneficiary_id=person_id)
    )
    needs = await needs_of(visit, person_id)
    found: dict[str, messages.Referral] = {}
    if needs:
        listed = await visit.ask(
            visit.hub.referral.ListReferrals,
            referral.ListReferralsRequest(
                view=referral.ReferralView.REFERRAL_VIEW_SENT,
                referral_ids=[one.referral_id for one in needs],
                page_size=_MOST,
            ),
        )
        found = {one.referral_id: one for one in listed.referrals}
    return Case(person_id, known, [(one, found.get(one.referral_id)) for one in needs])


async def needs_of(visit: Visit, person_id: str) -> list[need_pb2.Need]:
    """The person's needs, the newest first: as many as a page shows."""
    request = intake.ListNeedsRequest(beneficiary_id=person_id, page_size=_MOST)
    return list((await visit.ask(visit.hub.intake.ListNeeds, request)).needs)


async def directory_of(visit: Visit, names: Names) -> Directory:
    """Names of agencies and services, as whoever looks may know them."""
    user = visit.staff
    agencies = await names.agencies(user.metadata)
    services = await names.services((user.agency_id, user.roles), user.metadata)
    return Directory(agencies, services, visit.language)


def described(known: intake.GetBeneficiaryResponse, visit: Visit) -> dict[str, str]:
    """Who somebody is, in a few words."""
    person = known.beneficiary
    written = [
        f"{one.given} {one.family}".strip()
        for one in (person.names.original, person.names.latin)
        if one.given or one.family
    ]
    names = list(dict.fromkeys(written))
    birth = _day_written(person.birth, visit.language) or in_passing(person.birth.absence, visit)
    codes = [one.language for one in person.languages if one.language in LANGUAGES]
    spoken = languages_spoken(codes, visit.language)
    district = named(DISTRICTS, person.district, visit.language) if person.district else ""
    return {
        "name": names[0] if names else visit.say("Name withheld"),
        "latin": names[1] if len(names) > 1 else "",
        "birth": birth or visit.say("not asked"),
        "languages": spoken or in_passing(absence_of(person, "languages"), visit),
        "interpreter": visit.say("needs an interpreter") if person.interpreter_needed else "",
        "district": district or in_passing(absence_of(person, "district"), visit),
        "case_code": known.case_code,
    }


def _day_written(birth: beneficiary_pb2.Birth, language: str) -> str:
    """As people write a date; of an estimated one the year alone."""
    if not birth.date:
        return ""
    day = date.fromisoformat(birth.date)
    return str(day.year) if birth.estimated else Written(language).date(day)


def urgency_name(visit: Visit, number: int) -> str:
    """As the desk calls it."""
    name = Urgency.Name(number).removeprefix("URGENCY_")  # type: ignore[arg-type]  # a number of the enum
    return visit.say(URGENCIES[name]) if name in URGENCIES else ""
