"""One referral at the desk: why this provider, the person's choice, and what has become of it."""

import asyncio
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from kem.common.v1.common_pb2 import URGENCY_EMERGENCY
from kem.disclosure.v1 import emergency_service_pb2 as emergency
from kem.intake.v1 import need_pb2
from kem.notifications.v1.delivery_pb2 import INBOX_DESK
from kem.referral.v1 import referral_service_pb2 as messages
from kem.referral.v1.referral_pb2 import Offer, Referral
from kernel.codes import CATEGORIES, REASONS, SERVICE_TYPES
from kernel.errors import Conflict, Invalid, KemError, NotFound, RuleBroken
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, choices, named, text_of
from services.console.entrypoints.forms import Form, as_choice, as_past
from services.console.entrypoints.inboxes import COUNT_CHANGES, changes_of_case, end_of_inbox
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.cases import directory_of, needs_of, urgency_name
from services.console.entrypoints.pages.desk.choosing import (
    LEFT_OUT,
    LEFT_OUT_AFTER,
    explanation_of,
    in_order,
    left_out,
    others,
    proposals,
)
from services.console.entrypoints.pages.desk.given import LIST_GIVEN, given_soon, moments_of_given
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.pages.desk.story import (
    FINAL,
    HELD,
    Directory,
    call_to_make,
    colour_of,
    is_overdue,
    latest_first,
    moments,
    offer_state_of,
    open_offer,
    state_names,
    state_of,
)
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.rendering import ATHENS

_BOTH: Final = ("GET", "POST")
_MENDED: Final = (Invalid, RuleBroken, Conflict)
"""Refusals that whoever sent the form can mend in it; what nobody answered is kept whole by the door."""
_CHOOSES: Final = frozenset({"AWAITING_PERSON", "UNMATCHED", "WAITLISTED"})
"""States in which the person may choose whom to ask."""


class ReferralPages:
    """A referral's page and what is done from it; each step is a form of its own."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        here, service = "/desk/people/{person}/referrals/{referral}", "ReferralService/"
        names = ("DirectoryService/ListAgencies", "DirectoryService/ListServices")
        reads = (
            "IntakeService/ListNeeds",
            service + "GetReferral",
            service + "ExplainMatches",
            *("InboxService/ListDeliveries", COUNT_CHANGES, LIST_GIVEN),
            *names,
        )
        return (
            Page(here, self.look, DESK, reads),
            Page(here + "/offer", self.offer, DESK, (service + "OfferTo", *reads), ("POST",)),
            Page(here + "/answer", self.answer, DESK, (service + "ProvideInformation", *reads), ("POST",)),
            Page(here + "/cancel", self.cancel, DESK, (service + "CancelReferral", *reads), _BOTH),
            Page(here + "/error", self.mark, DESK, (service + "MarkEnteredInError", *reads), ("POST",)),
            Page(here + "/call", self.hand_over, DESK, ("EmergencyService/RecordHandover", *reads), _BOTH),
        )

    async def look(self, visit: Visit) -> Response:
        """Where it stands, and what can be done."""
        return await self._page(visit)

    async def offer(self, visit: Visit) -> Response:
        """The person's choice, in their order."""
        form, referral_id = visit.form, visit.path_value("referral")
        await self._need(visit)
        chosen = in_order(visit)
        if not chosen:
            visit.errors.add("chosen", visit.say("Choose at least one provider."))
        if visit.errors:
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        request = messages.OfferToRequest(
            request_id=form.request_id,
            referral_id=referral_id,
            service_ids=chosen,
            override_reason=form.text("override_reason"),
        )
        try:
            answer = await visit.ask(visit.hub.referral.OfferTo, request)
        except _MENDED as error:
            return await self._page(visit, HTTPStatus.BAD_REQUEST, "chosen", error)
        return visit.go(self._here(visit), "asked" if answer.HasField("offer_id") else "waits")

    async def answer(self, visit: Visit) -> Response:
        """What an agency wanted to know."""
        await self._need(visit)
        words = visit.form.text("answer")
        if not words:
            visit.errors.add("answer", visit.say("Write the answer."))
            return await self._page(visit, HTTPStatus.BAD_REQUEST)
        request = messages.ProvideInformationRequest(
            request_id=visit.form.request_id, offer_id=visit.form.text("offer"), answer=words
        )
        return await self._do(visit, visit.hub.referral.ProvideInformation, request, "answer", "answered")

    async def cancel(self, visit: Visit) -> Response:
        """By staff, with a reason."""
        need = await self._need(visit)
        if visit.is_sent:
            reason = visit.form.text("reason")
            if reason in REASONS["CANCEL"]:
                request = messages.CancelReferralRequest(
                    request_id=visit.form.request_id,
                    referral_id=visit.path_value("referral"),
                    reason=reason,
                )
                return await self._do(
                    visit, visit.hub.referral.CancelReferral, request, "reason", "cancelled"
                )
            visit.errors.add("reason", visit.say("Choose why."))
        return visit.render(
            "desk/cancel.html",
            title=visit.say("Cancel the referral"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            back=self._here(visit),
            type=named(SERVICE_TYPES, need.service_type, visit.language),
            reasons=choices(REASONS["CANCEL"], visit.language),
        )

    async def mark(self, visit: Visit) -> Response:
        """It should never have been."""
        await self._need(visit)
        request = messages.MarkEnteredInErrorRequest(
            request_id=visit.form.request_id, referral_id=visit.path_value("referral")
        )
        return await self._do(visit, visit.hub.referral.MarkEnteredInError, request, "referral", "in-error")

    async def hand_over(self, visit: Visit) -> Response:
        """By telephone, in an emergency: what was said, to whom, and what they answered."""
        need, say = await self._need(visit), visit.say
        if not visit.is_sent:
            visit.form = await self._call_begun(visit)
        form = visit.form
        if visit.is_sent:
            at = as_past(form.text("day"), form.text("clock"), form.opened_time)
            if at is None:
                visit.errors.add("day", say("Type day and time as 31/12/2026 and 14:30."))
            for name, words in (
                ("agency", say("Choose whom you called.")),
                ("told", say("Tick what you said.")),
                ("spoken_to", say("Write who was on the telephone.")),
                ("result", say("Choose what they answered.")),
            ):
                if not form.text(name):
                    visit.errors.add(name, words)
            if not visit.errors and at is not None:
                request = emergency.RecordHandoverRequest(
                    request_id=form.request_id,
                    referral_id=visit.path_value("referral"),
                    agency_id=form.text("agency"),
                    told_categories=form.all("told"),
                    legal_basis=form.text("basis") or "CONSENT",
                    circumstances=form.text("circumstances"),
                    spoken_to=form.text("spoken_to"),
                    answer=as_choice(emergency.HandoverAnswer, f"HANDOVER_ANSWER_{form.text('result')}"),
                )
                request.happened_time.FromDatetime(at)
                try:
                    await visit.ask(visit.hub.emergency.RecordHandover, request)
                except _MENDED as error:
                    visit.errors.add("agency", str(words_for(error, visit.language)))
                else:
                    return visit.go(self._here(visit), "handed-over")
        known = await self._names.agencies(visit.staff.metadata, anew=True)
        agencies = [(one, text_of(agency.name, visit.language)) for one, agency in known.items()]
        return visit.render(
            "desk/hand_over.html",
            title=say("Hand-over by telephone"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            back=self._here(visit),
            type=named(SERVICE_TYPES, need.service_type, visit.language),
            agencies=[("", say("Choose an agency")), *by_name(agencies)],
            categories=choices(CATEGORIES, visit.language),
            bases=[
                ("CONSENT", say("The person agreed to it")),
                ("VITAL_INTEREST", say("Life or safety: more was said than the person has agreed to")),
            ],
            results=[("TAKEN", say("They take the person")), ("NOT_TAKEN", say("They do not"))],
        )

    async def _do(self, visit: Visit, method: Any, request: Any, field: str, said: str) -> Response:
        try:
            await visit.ask(method, request)
        except _MENDED as error:
            return await self._page(visit, HTTPStatus.BAD_REQUEST, field, error)
        return visit.go(self._here(visit), said)

    async def _call_begun(self, visit: Visit) -> Form:
        """Who was asked, and now: most calls are put on record while somebody is still on the telephone."""
        asked = messages.GetReferralRequest(referral_id=visit.path_value("referral"))
        try:
            offer = open_offer((await visit.ask(visit.hub.referral.GetReferral, asked)).referral)
        except NotFound:  # the need was recorded a moment ago
            offer = None
        now = datetime.now(ATHENS)
        return Form.of(
            {
                "agency": offer.agency_id if offer is not None else "",
                "day": f"{now:%d/%m/%Y}",
                "clock": f"{now:%H:%M}",
            }
        )

    def _here(self, visit: Visit) -> str:
        return f"/desk/people/{visit.path_value('person')}/referrals/{visit.path_value('referral')}"

    async def _need(self, visit: Visit) -> need_pb2.Need:
        """The need of the address. A referral of somebody else at this person's address is not there."""
        referral_id = visit.path_value("referral")
        needs = await needs_of(visit, visit.path_value("person"))
        found = next((one for one in needs if one.referral_id == referral_id), None)
        if found is None:
            raise NotFound("This person has no such referral.")
        return found

    async def _page(
        self,
        visit: Visit,
        code: int = HTTPStatus.OK,
        field: str = "",
        error: KemError | None = None,
    ) -> Response:
        if error is not None:
            visit.errors.add(field, str(words_for(error, visit.language)))
        person_id = visit.path_value("person")
        # before anything is read: what comes in between is told once more
        delivered, changes = await asyncio.gather(
            end_of_inbox(visit, INBOX_DESK), changes_of_case(visit, person_id)
        )
        need = await self._need(visit)
        say, language, now = visit.say, visit.language, datetime.now(UTC)
        here, sequence = self._here(visit), delivered.last_sequence if delivered else None
        asked = messages.GetReferralRequest(referral_id=need.referral_id)
        try:
            one: Referral = (await visit.ask(visit.hub.referral.GetReferral, asked)).referral
        except NotFound:  # the need was recorded a moment ago
            return visit.render(
                "desk/referral_soon.html",
                title=named(SERVICE_TYPES, need.service_type, language),
                person_id=person_id,
                here=here,
                last_sequence=sequence,
                changes=changes,
            )
        directory, given = await asyncio.gather(
            directory_of(visit, self._names), given_soon(visit, need.referral_id)
        )
        state = state_of(one)
        explained = None
        if state in _CHOOSES:
            explained = await visit.ask(
                visit.hub.referral.ExplainMatches,
                explanation_of(need.referral_id, visit),
            )
        offer = open_offer(one)
        return visit.render(
            "desk/referral.html",
            title=named(SERVICE_TYPES, need.service_type, language),
            code=code,
            here=here,
            read_at=_with_what_is_asked(here, visit),
            last_sequence=sequence,
            changes=changes,
            person_id=person_id,
            need=need,
            referral=one,
            state=state,
            state_name=state_names(say)[state],
            colour=colour_of(state),
            urgency=urgency_name(visit, need.urgency),
            is_emergency=need.urgency == URGENCY_EMERGENCY,
            is_overdue=is_overdue(one, now),
            is_final=state in FINAL,
            is_held=state in HELD,
            due=one.person_due_time.ToDatetime(tzinfo=UTC) if one.HasField("person_due_time") else None,
            offer=offer,
            respond_by=_respond_by(offer),
            call=call_to_make(one, need.urgency, directory),
            offered_to=_offered_to(offer, directory) if offer is not None else "",
            question=_question(offer) if offer is not None else "",
            holder=directory.agency(one.holder_agency_id),
            place=_place(one, language),
            proposals=proposals(explained, directory, language) if explained is not None else [],
            exclusions=left_out(explained, directory, visit) if explained is not None else [],
            policy_version=explained.policy_version if explained is not None else "",
            orders=[("", say("Not asked"))] + [(str(n), str(n)) for n in range(1, 6)],
            overrides=choices(REASONS["OVERRIDE"], language, nothing=say("None")),
            others=others(need.service_type, explained, directory) if explained is not None else [],
            moments=latest_first(*moments(one, directory, say), *moments_of_given(given, directory, visit)),
            given=given,
            can_choose=explained is not None,
        )


def _offered_to(offer: Offer, directory: Directory) -> str:
    return directory.service(offer.service_id) or directory.agency(offer.agency_id)


def _respond_by(offer: Offer | None) -> datetime | None:
    if offer is None or not offer.HasField("respond_by_time"):
        return None
    return offer.respond_by_time.ToDatetime(tzinfo=UTC)


def _with_what_is_asked(here: str, visit: Visit) -> str:
    """The page's address with the list that its reader has opened."""
    asked = {name: visit.query(name) for name in (LEFT_OUT, LEFT_OUT_AFTER) if visit.query(name)}
    return f"{here}?{urlencode(asked)}" if asked else here


def _question(offer: Offer) -> str:
    """What the agency wants to know, where it waits for the answer."""
    if offer_state_of(offer) != "NEEDS_INFORMATION":
        return ""
    asked = [one.text for one in offer.notes if one.kind == "QUESTION"]
    return asked[-1] if asked else "?"


def _place(one: Referral, language: str) -> str:
    if not one.HasField("waiting_place"):
        return ""
    return str(one.waiting_place.text_el if language == "el" else one.waiting_place.text_en)
