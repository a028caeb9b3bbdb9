"""Finding somebody, registering them, and correcting what is known of them."""

from datetime import UTC
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.intake.v1 import beneficiary_pb2
from kem.intake.v1 import intake_service_pb2 as messages
from kernel.codes import LISTS
from kernel.errors import Conflict, Exhausted, Invalid, KemError, RuleBroken, Unavailable
from services.console.adapters.names import Names
from services.console.entrypoints.codes import choices
from services.console.entrypoints.forms import as_choice, as_uuid, read_version
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.desk.drafts import TAKES_UP, draft_of, forget, take_up
from services.console.entrypoints.pages.desk.person_choices import countries, form_choices
from services.console.entrypoints.pages.desk.person_form import (
    YEAR,
    begun_with,
    described_in,
    fields_of,
    identifier_typed,
    parts_open,
    person_from,
    rows_shown,
    rows_there,
)
from services.console.entrypoints.pages.desk.person_words import what_differs
from services.console.entrypoints.pages.desk.roles import DESK, door_of
from services.console.entrypoints.refusals import is_changed_since, words_for

_BOTH: Final = ("GET", "POST")
_WAYS: Final = ("name", "case_code", "phone", "document_number", "amka")
_FIELDS: Final = {
    "names.original.given": "original_given",
    "names.original.family": "original_family",
    "names.latin": "latin_given",
    "birth": "birth_date",
    "amka": "amka",
    "contacts": "contact_value_1",
    "guardian": "guardian_relation",
    "documents": "document_number_1",
    "household": "member_relation_1",
}
"""By intake's names of what is wrong the fields of the form."""
_SENT_AGAIN: Final = (Invalid, RuleBroken, Conflict, Exhausted, Unavailable)
"""Refusals after which the form is shown again with all that was typed."""
_TWICE: Final = "DUPLICATE"
_SEARCH: Final = "IntakeService/SearchBeneficiaries"
_AGENCIES: Final = "DirectoryService/ListAgencies"


class PeoplePages:
    """The pages about who somebody is."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        service = "IntakeService/"
        return (
            Page(
                "/desk/people",
                self.search,
                DESK,
                (_SEARCH, _AGENCIES),
                _BOTH,
                nav=NavigationEntry("People", 20),
            ),
            Page(
                "/desk/people/new",
                self.register,
                DESK,
                (service + "RegisterBeneficiary", _SEARCH, _AGENCIES, *TAKES_UP),
                _BOTH,
                shows_again=True,
            ),
            Page(
                "/desk/people/{person}/edit",
                self.correct,
                DESK,
                (service + "GetBeneficiary", service + "UpdateBeneficiary"),
                _BOTH,
                shows_again=True,
            ),
        )

    async def search(self, visit: Visit) -> Response:
        """By name and one more thing, or by something exact. By a form only: a search is on record."""
        if not visit.is_sent:
            return self._search_page(visit)
        form, say = visit.form, visit.say
        request = messages.SearchBeneficiariesRequest(reason=form.text("reason"))
        way = next((one for one in _WAYS if form.text(one)), "")
        if not request.reason:
            visit.errors.add("reason", say("Choose why you look for the person: every search is on record."))
        if way == "name":
            request.description.name = form.text("name")
            year = form.text("birth_year")
            if YEAR.fullmatch(year):
                request.description.birth_year = int(year)
            elif year:
                visit.errors.add("birth_year", say("Type the year of birth with four digits."))
            request.description.nationality = form.text("nationality")
        elif way:
            setattr(request, way, form.text(way))
        else:
            visit.errors.add("name", say("Type a name, or one of the numbers below."))
        if visit.errors:
            return self._search_page(visit, code=HTTPStatus.BAD_REQUEST)
        try:
            found = await self._found(visit, request)
        except _SENT_AGAIN as error:
            visit.errors.add(way, str(words_for(error, visit.language)))
            return self._search_page(visit, code=HTTPStatus.BAD_REQUEST)
        return self._search_page(visit, found=found)

    async def register(self, visit: Visit) -> Response:
        """Somebody new."""
        form, title = visit.form, visit.say("Register a person")
        door = await door_of(self._names, visit.staff)
        if not visit.is_sent:
            await take_up(visit)
            return self._form_page(visit, title, door=door)
        if form.has("begin"):  # from the search, with what was typed there
            visit.form = begun_with(form)
            return self._form_page(visit, title, door=door)
        if form.has("more"):
            return self._form_page(visit, title, door=door)
        if form.has("look"):
            return await self._look(visit, title, door)
        person = person_from(visit)
        origin = form.text("origin") or door
        if not visit.errors:
            request = messages.RegisterBeneficiaryRequest(
                request_id=form.request_id,
                beneficiary=person,
                origin=as_choice(beneficiary_pb2.Origin, f"ORIGIN_{origin}"),
            )
            try:
                answer = await visit.ask(visit.hub.intake.RegisterBeneficiary, request)
            except _SENT_AGAIN as error:
                known = self._tell(visit, error)
                return self._form_page(visit, title, HTTPStatus.BAD_REQUEST, door=door, known=known)
            await forget(visit, form.text("draft"))
            return visit.go(f"/desk/people/{answer.beneficiary_id}", "registered")
        return self._form_page(visit, title, HTTPStatus.BAD_REQUEST, door=door)

    async def correct(self, visit: Visit) -> Response:
        """What is known of somebody."""
        title, form = visit.say("Correct the data"), visit.form
        if not visit.is_sent and not visit.is_shown_again:
            known = await self._known(visit)
            visit.form = fields_of(known.beneficiary)
            return self._form_page(visit, title, version=known.version)
        version = read_version(form)
        if visit.is_shown_again or form.has("more"):
            return self._form_page(visit, title, version=version)
        person = person_from(visit)
        if visit.errors:
            return self._form_page(visit, title, HTTPStatus.BAD_REQUEST, version=version)
        update = messages.UpdateBeneficiaryRequest(
            request_id=form.request_id,
            beneficiary_id=visit.path_value("person"),
            expected_version=version,
            beneficiary=person,
            absences_told=True,
        )
        try:
            await visit.ask(visit.hub.intake.UpdateBeneficiary, update)
        except _SENT_AGAIN as error:
            if is_changed_since(error):
                return await self._since(visit, title, person)
            twice = self._tell(visit, error)
            return self._form_page(visit, title, HTTPStatus.BAD_REQUEST, version=version, known=twice)
        return visit.go(f"/desk/people/{visit.path_value('person')}", "corrected")

    async def _known(self, visit: Visit) -> messages.GetBeneficiaryResponse:
        request = messages.GetBeneficiaryRequest(beneficiary_id=visit.path_value("person"))
        known: messages.GetBeneficiaryResponse = await visit.ask(visit.hub.intake.GetBeneficiary, request)
        return known

    async def _since(self, visit: Visit, title: str, typed: beneficiary_pb2.Beneficiary) -> Response:
        """Somebody was first: what they have saved, beside what was typed, which may be saved over it."""
        known = await self._known(visit)
        if known.beneficiary == typed:  # both have corrected the same
            return visit.go(f"/desk/people/{visit.path_value('person')}", "corrected")
        words = visit.say("Somebody has changed this person's data since you opened the page.")
        visit.errors.add("stands", words)
        differs = what_differs(known.beneficiary, typed, visit)
        return self._form_page(visit, title, HTTPStatus.BAD_REQUEST, version=known.version, stands=differs)

    async def _look(self, visit: Visit, title: str, door: str) -> Response:
        """Whether the agency knows the person already, by what the form says so far. It is on record."""
        described = described_in(visit.form)
        if not described.name:
            visit.errors.add("original_given", visit.say("Type the name to look for."))
        elif not described.birth_year and not described.nationality:
            words = visit.say("Type the year of birth too, or choose the nationality.")
            visit.errors.add("birth_date", words)
        if visit.errors:
            return self._form_page(visit, title, HTTPStatus.BAD_REQUEST, door=door)
        request = messages.SearchBeneficiariesRequest(reason="DUPLICATE_CHECK", description=described)
        try:
            found = await self._found(visit, request)
        except _SENT_AGAIN as error:
            visit.errors.add("original_given", str(words_for(error, visit.language)))
            return self._form_page(visit, title, HTTPStatus.BAD_REQUEST, door=door)
        return self._form_page(visit, title, door=door, found=found)

    async def _found(
        self, visit: Visit, request: messages.SearchBeneficiariesRequest
    ) -> list[dict[str, Any]]:
        """Masked, with who has registered them."""
        answer = await visit.ask(visit.hub.intake.SearchBeneficiaries, request)
        agencies = await self._names.agencies(visit.staff.metadata)
        return [
            {
                "beneficiary_id": one.beneficiary_id,
                "masked_name": one.masked_name,
                "birth_year": one.birth_year,
                "agency": agencies[one.registered_by_agency_id].code
                if one.registered_by_agency_id in agencies
                else "?",
                "registered_time": one.registered_time.ToDatetime(tzinfo=UTC),
            }
            for one in answer.beneficiaries
        ]

    def _tell(self, visit: Visit, error: KemError) -> dict[str, str] | None:
        """Says what is wrong, and where; of somebody who is registered already, the way to their record."""
        if error.stable_reason == _TWICE:
            return self._tell_twice(visit, error)
        field = next((own for theirs, own in _FIELDS.items() if theirs in error.message), "original_given")
        visit.errors.add(field, str(words_for(error, visit.language)))
        return None

    def _tell_twice(self, visit: Visit, error: KemError) -> dict[str, str] | None:
        say, found = visit.say, error.metadata
        field, candidate = identifier_typed(visit.form), found.get("candidate_beneficiary_id", "")
        if as_uuid(candidate) is None:
            visit.errors.add(
                field,
                say(
                    "Somebody with the same telephone, document number or AMKA is registered already, and you"
                    " may not see that record. Ask the person who registered them. If it was your own agency,"
                    " ask a child-protection officer or a GBV focal point. A telephone of somebody they trust"
                    " is entered as a trusted person's."
                ),
            )
            return None
        words = say(
            "Somebody with the same telephone, document number or AMKA is registered already by your agency."
            " If it is the same person, use that record. A telephone of somebody they trust is entered as a"
            " trusted person's."
        )
        visit.errors.add(field, words)
        year = found.get("candidate_birth_year", "0")
        name = found.get("candidate_masked_name", "?")
        who = f"{name} ({say('born %(year)s') % {'year': year}})" if year.strip("0") else name
        known = {"field": field, "href": f"/desk/people/{candidate}"}
        known["text"] = say("Open the record of %(who)s") % {"who": who}
        visit.errors.add(known["href"], known["text"])
        return known

    def _search_page(
        self, visit: Visit, code: int = HTTPStatus.OK, found: list[dict[str, Any]] | None = None
    ) -> Response:
        return visit.render(
            "desk/people.html",
            title=visit.say("Find a person"),
            code=code,
            reasons=choices(LISTS["SEARCH_REASONS"], visit.language, nothing=visit.say("Choose why")),
            countries=countries(visit),
            found=found,
        )

    def _form_page(
        self, visit: Visit, title: str, code: int = HTTPStatus.OK, door: str = "", **shown: Any
    ) -> Response:
        given = {"version": 0, "found": None, "known": None, "stands": []} | shown
        return visit.render(
            "desk/person_form.html",
            title=title,
            code=code,
            draft=draft_of(visit),
            rows=rows_shown(visit.form) | ({visit.form.text("more"): 99} if visit.form.has("more") else {}),
            most=rows_there(visit.form),
            is_open=parts_open(visit),
            origin=visit.form.text("origin") or door,
            unsaid=visit.say("Nobody has said why") if given["version"] else "",
            **form_choices(visit),
            **given,
        )
