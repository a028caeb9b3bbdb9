"""Finding somebody, registering them, and correcting what is known of them."""

from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.intake.v1 import beneficiary_pb2
from kem.intake.v1 import intake_service_pb2 as messages
from kernel.codes import DISTRICTS, LANGUAGES, LEGAL_STATUSES, LISTS
from kernel.errors import Conflict, Exhausted, Invalid, KemError, NotFound, RuleBroken, Unavailable
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, choices, nationalities
from services.console.entrypoints.forms import as_choice
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.desk.drafts import TAKES_UP, draft_of, forget, take_up
from services.console.entrypoints.pages.desk.person_form import (
    CONTACT_ROWS,
    DOCUMENT_ROWS,
    LANGUAGE_ROWS,
    MEMBER_ROWS,
    fields_of,
    person_from,
    rows_of,
)
from services.console.entrypoints.pages.desk.roles import DESK, door_of
from services.console.entrypoints.refusals import words_for

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
                (service + "SearchBeneficiaries", "DirectoryService/ListAgencies"),
                _BOTH,
                nav=NavigationEntry("People", 20),
            ),
            Page(
                "/desk/people/new",
                self.register,
                DESK,
                (service + "RegisterBeneficiary", "DirectoryService/ListAgencies", *TAKES_UP),
                _BOTH,
            ),
            Page(
                "/desk/people/{person}/edit",
                self.correct,
                DESK,
                (service + "GetBeneficiary", service + "UpdateBeneficiary"),
                _BOTH,
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
            if year and not year.isdigit():
                visit.errors.add("birth_year", say("Type the year of birth with four digits."))
            request.description.birth_year = int(year) if year.isdigit() and len(year) == 4 else 0
            request.description.nationality = form.text("nationality")
        elif way:
            setattr(request, way, form.text(way))
        else:
            visit.errors.add("name", say("Type a name, or one of the numbers below."))
        if visit.errors:
            return self._search_page(visit, code=HTTPStatus.BAD_REQUEST)
        try:
            found = await visit.ask(visit.hub.intake.SearchBeneficiaries, request)
        except _SENT_AGAIN as error:
            visit.errors.add(way, str(words_for(error, visit.language)))
            return self._search_page(visit, code=HTTPStatus.BAD_REQUEST)
        agencies = await self._names.agencies(visit.staff.metadata)
        return self._search_page(visit, found=list(found.beneficiaries), agencies=agencies)

    async def register(self, visit: Visit) -> Response:
        """Somebody new."""
        door = await door_of(self._names, visit.staff)
        if not visit.is_sent:
            await take_up(visit)
            return self._form_page(visit, visit.say("Register a person"), door=door)
        person = person_from(visit)
        origin = visit.form.text("origin") or door
        if not visit.errors:
            request = messages.RegisterBeneficiaryRequest(
                request_id=visit.form.request_id,
                beneficiary=person,
                origin=as_choice(beneficiary_pb2.Origin, f"ORIGIN_{origin}"),
            )
            try:
                answer = await visit.ask(visit.hub.intake.RegisterBeneficiary, request)
            except _SENT_AGAIN as error:
                self._tell(visit, error)
            else:
                await forget(visit, visit.form.text("draft"))
                return visit.go(f"/desk/people/{answer.beneficiary_id}", "registered")
        return self._form_page(visit, visit.say("Register a person"), code=HTTPStatus.BAD_REQUEST, door=door)

    async def correct(self, visit: Visit) -> Response:
        """What is known of somebody."""
        person_id, title = visit.path_value("person"), visit.say("Correct the data")
        if not visit.is_sent:
            request = messages.GetBeneficiaryRequest(beneficiary_id=person_id)
            known = await visit.ask(visit.hub.intake.GetBeneficiary, request)
            visit.form = fields_of(known.beneficiary)
            return self._form_page(visit, title, version=known.version)
        person, version = person_from(visit), visit.form.text("version")
        if not version.isdigit():
            raise NotFound("This form has no version of the person's data; load the page anew.")
        if not visit.errors:
            update = messages.UpdateBeneficiaryRequest(
                request_id=visit.form.request_id,
                beneficiary_id=person_id,
                expected_version=int(version),
                beneficiary=person,
            )
            try:
                await visit.ask(visit.hub.intake.UpdateBeneficiary, update)
            except _SENT_AGAIN as error:
                self._tell(visit, error)
            else:
                return visit.go(f"/desk/people/{person_id}", "corrected")
        return self._form_page(visit, title, version=int(version), code=HTTPStatus.BAD_REQUEST)

    def _tell(self, visit: Visit, error: KemError) -> None:
        words = str(words_for(error, visit.language))
        field = next((own for theirs, own in _FIELDS.items() if theirs in error.message), "original_given")
        visit.errors.add(field, words)

    def _search_page(self, visit: Visit, code: int = HTTPStatus.OK, **found: Any) -> Response:
        language = visit.language
        return visit.render(
            "desk/people.html",
            title=visit.say("Find a person"),
            code=code,
            reasons=choices(LISTS["SEARCH_REASONS"], language, nothing=visit.say("Choose why")),
            countries=self._countries(visit),
            **({"found": None, "agencies": {}} | found),
        )

    def _countries(self, visit: Visit) -> list[tuple[str, str]]:
        return nationalities(visit.language, visit.say("Not known"), visit.say("Stateless"))

    def _form_page(
        self, visit: Visit, title: str, code: int = HTTPStatus.OK, version: int = 0, door: str = ""
    ) -> Response:
        language, form, say = visit.language, visit.form, visit.say
        rows = {
            "language": rows_of(form, "language", LANGUAGE_ROWS),
            "contact": rows_of(form, "contact_value", CONTACT_ROWS),
            "member": rows_of(form, "member_relation", MEMBER_ROWS),
            "document": rows_of(form, "document_kind", DOCUMENT_ROWS),
        }
        # who has no scripts gets all the rows that a form may have
        most = {"language": LANGUAGE_ROWS, "contact": CONTACT_ROWS, "member": MEMBER_ROWS}
        return visit.render(
            "desk/person_form.html",
            title=title,
            code=code,
            version=version,
            draft=draft_of(visit),
            rows=rows,
            most=most | {"document": DOCUMENT_ROWS},
            countries=self._countries(visit),
            spoken=[("", say("Choose a language")), *by_name(choices(LANGUAGES, language))],
            levels=[
                ("NATIVE", say("Mother tongue")),
                ("FLUENT", say("Enough for an appointment")),
                ("BASIC", say("A few words")),
            ],
            absences=[
                ("NOT_ASKED", say("Not asked")),
                ("UNKNOWN", say("The person does not know")),
                ("REFUSED", say("The person would rather not say")),
            ],
            sexes=[
                ("F", say("Woman or girl")),
                ("M", say("Man or boy")),
                ("X", say("Neither, or both")),
                ("NOT_STATED", say("Not stated")),
            ],
            contact_kinds=[
                ("PHONE", say("Telephone")),
                ("EMAIL", say("E-mail")),
                ("TRUSTED_PERSON", say("Somebody the person trusts")),
            ],
            origin=form.text("origin") or door,
            origins=[
                ("KEM_DESK", say("Came to our desk")),
                ("WALK_IN", say("Walked into an agency")),
                ("SELF", say("Asked by themselves")),
                ("PARTNER", say("Brought by a partner")),
                ("OUTREACH", say("Met by outreach")),
                ("HOTLINE", say("Called a hotline")),
            ],
            districts=choices(DISTRICTS, language, nothing=say("Not known")),
            all_districts=choices(DISTRICTS, language),
            legal_statuses=choices(LEGAL_STATUSES, language, nothing=say("Not stated")),
            relations=choices(LISTS["RELATIONS"], language, nothing=say("Nobody")),
            guardian_relations=choices(LISTS["GUARDIAN_RELATIONS"], language, nothing=say("Not needed")),
            specific_needs=choices(LISTS["SPECIFIC_NEEDS"], language),
            documents=choices(LISTS["DOCUMENTS"], language, nothing=say("None")),
            document_states=choices(LISTS["DOCUMENT_STATES"], language),
        )
