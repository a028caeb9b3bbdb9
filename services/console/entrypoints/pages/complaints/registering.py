"""Registering a complaint that somebody was told: by telephone, on paper, at the desk."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from starlette.responses import Response

from kem.directory.v1.directory_pb2 import Agency
from kem.disclosure.v1 import complaint_service_pb2 as messages
from kem.intake.v1 import intake_service_pb2 as intake
from kernel.errors import Unavailable
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, text_of
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.complaints.roles import READERS, REGISTRARS, answers
from services.console.entrypoints.pages.complaints.typed import instant_typed, send, words_typed
from services.console.entrypoints.pages.complaints.words import KINDS
from services.console.entrypoints.pages.desk.cases import described
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.rendering import ATHENS
from services.console.entrypoints.words import complaint_number

NEW: Final = "/complaints/new"
_CALLS: Final = ("ComplaintService/RegisterComplaint", "DirectoryService/ListAgencies")
_BOTH: Final = ("GET", "POST")


class RegisteringPages:
    """One form, at two addresses: of whom does not say who they are, and of a person on record."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        of_person = "/desk/people/{person}/complaint"
        return (
            Page(NEW, self.register, REGISTRARS, _CALLS, _BOTH),
            Page(of_person, self.register_of, DESK, (*_CALLS, "IntakeService/GetBeneficiary"), _BOTH),
        )

    async def register(self, visit: Visit) -> Response:
        """By somebody who does not say who they are, or is not registered here."""
        if not visit.is_sent:
            return await self._form(visit)
        return await self._sent(visit, "")

    async def register_of(self, visit: Visit) -> Response:
        """By somebody whom the reader's agency has registered."""
        person_id = visit.path_value("person")
        if visit.is_sent:
            return await self._sent(visit, person_id)
        return await self._form(visit, person_id, name=await _name_of(visit, person_id))

    async def _sent(self, visit: Visit, person_id: str) -> Response:
        """The number of the complaint; the form with what was typed where it is not kept yet."""
        request, code = _complaint_typed(visit, person_id), HTTPStatus.BAD_REQUEST
        if not visit.errors:
            sent = await send(visit, visit.hub.complaints.RegisterComplaint, request, "received_day")
            if sent.answer is not None:
                return _kept(visit, sent.answer, person_id)
            code = sent.code
        name = ""
        if person_id and code is not HTTPStatus.SERVICE_UNAVAILABLE:
            with suppress(Unavailable):  # what was typed is not lost for a name
                name = await _name_of(visit, person_id)
        return await self._form(visit, person_id, name=name, code=code)

    async def _form(
        self, visit: Visit, person_id: str = "", *, name: str = "", code: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        say, chosen = visit.say, visit.form.text("agency")
        with_names: Mapping[str, Agency] = {}
        with suppress(Unavailable):  # who complains is not kept waiting by a list
            with_names = await self._names.agencies(visit.staff.metadata)
        agencies = by_name((one.agency_id, text_of(one.name, visit.language)) for one in with_names.values())
        if chosen and chosen not in with_names:
            agencies.append((chosen, say("The organisation that you chose")))
        return visit.render(
            "complaints/register.html",
            title=say("Register a complaint"),
            code=code,
            kinds=[(kind, say(text)) for kind, text in KINDS.items()],
            agencies=[("", say("None, or it is not known")), *agencies],
            person_id=person_id,
            name=name,
            reads=visit.staff.has(*READERS),
            works_at_desk=visit.staff.has(*DESK),
            today=datetime.now(ATHENS),
        )


def _complaint_typed(visit: Visit, person_id: str) -> messages.RegisterComplaintRequest:
    """The complaint, with whatever is wrong noted at its field."""
    form, say = visit.form, visit.say
    kind, accused = form.text("kind"), form.text("agency")
    if kind not in KINDS:
        visit.errors.add("kind", say("Choose what the complaint is about."))
    if accused and as_uuid(accused) is None:
        visit.errors.add("agency", say("Choose an organisation from the list."))
    request = messages.RegisterComplaintRequest(
        request_id=form.request_id,
        kind=messages.ComplaintKind.Value(f"COMPLAINT_KIND_{kind if kind in KINDS else 'UNSPECIFIED'}"),
        accused_agency_id=accused,
        beneficiary_id=person_id,
        words=words_typed(visit, say("Write what they say.")),
    )
    received = instant_typed(visit, "received")
    if received is not None:
        request.received_time.FromDatetime(received)
    return request


def _kept(visit: Visit, kept: messages.RegisterComplaintResponse, person_id: str) -> Response:
    """Under which number; shown in place, so that no address holds it. Loaded anew it is the same one."""
    return visit.render(
        "complaints/kept.html",
        title=visit.say("The complaint is registered"),
        number=complaint_number(kept.complaint_id),
        due=kept.due_time.ToDatetime(tzinfo=UTC),
        person_id=person_id,
        complaint_id=kept.complaint_id if answers(visit.staff) else "",
    )


async def _name_of(visit: Visit, person_id: str) -> str:
    """Whose complaint it is: opening somebody is on record.

    Raises:
        NotFound: there is no such person, or not for whoever looks.
    """
    known = await visit.ask(
        visit.hub.intake.GetBeneficiary, intake.GetBeneficiaryRequest(beneficiary_id=person_id)
    )
    return described(known, visit)["name"]
