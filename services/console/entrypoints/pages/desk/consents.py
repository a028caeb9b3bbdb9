"""What somebody has said about consent, as the desk sees it; and an answer that gives nothing."""

from datetime import UTC
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.intake.v1 import consent_pb2 as consent
from kem.intake.v1 import intake_service_pb2 as messages
from kernel.codes import CATEGORIES, LANGUAGES, PURPOSES
from kernel.errors import Conflict, Exhausted, Invalid, RuleBroken, Unavailable
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, named
from services.console.entrypoints.forms import as_choice
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.cases import described, directory_of
from services.console.entrypoints.pages.desk.consent_form import field_of
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.pages.desk.story import Directory
from services.console.entrypoints.pages.earlier import happened_typed
from services.console.entrypoints.refusals import words_for

_ANSWERS: Final = ("REQUESTED", "DEFERRED", "REFUSED")
_SENT_AGAIN: Final = (Invalid, RuleBroken, Conflict, Exhausted, Unavailable)


class ConsentPages:
    """What somebody permits, and what they said that permits nothing."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        here, intake = "/desk/people/{person}/consents", "IntakeService/"
        about = (intake + "GetBeneficiary", "DirectoryService/ListAgencies", "DirectoryService/ListServices")
        return (
            Page(here, self.look, DESK, (intake + "ListConsents", *about)),
            Page(here + "/said", self.say_no, DESK, (intake + "RecordConsentState", *about), ("GET", "POST")),
        )

    async def look(self, visit: Visit) -> Response:
        """Every consent of the person, and what each permits now."""
        person_id = visit.path_value("person")
        known = await known_person(visit)
        listed = await visit.ask(
            visit.hub.intake.ListConsents, messages.ListConsentsRequest(beneficiary_id=person_id)
        )
        directory = await directory_of(visit, self._names)
        return visit.render(
            "desk/consents.html",
            title=visit.say("Consent"),
            person_id=person_id,
            who=described(known, visit),
            consents=[_shown(one, directory, visit.language) for one in listed.consents],
            answers=[_said(one, directory) for one in listed.answers],
        )

    async def say_no(self, visit: Visit) -> Response:
        """What neither gives nor takes consent: asked, thinking about it, no."""
        person_id, form, say = visit.path_value("person"), visit.form, visit.say
        known = await known_person(visit)
        if visit.is_sent:
            answer, at = form.text("answer"), happened_typed(visit)
            if answer not in _ANSWERS:
                visit.errors.add("answer", say("Choose what the person said."))
            if not visit.errors:
                request = messages.RecordConsentStateRequest(
                    request_id=form.request_id,
                    beneficiary_id=person_id,
                    answer=as_choice(consent.ConsentAnswer, f"CONSENT_ANSWER_{answer}"),
                    agency_id=form.text("agency") or None,
                )
                if at is not None:
                    request.happened_time.FromDatetime(at)
                try:
                    await visit.ask(visit.hub.intake.RecordConsentState, request)
                except _SENT_AGAIN as error:
                    visit.errors.add(field_of(error), str(words_for(error, visit.language)))
                else:
                    return visit.go(f"/desk/people/{person_id}/consents", "consent-said")
        directory = await directory_of(visit, self._names)
        return visit.render(
            "desk/consent_said.html",
            title=say("What the person said about consent"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            person_id=person_id,
            who=described(known, visit),
            answers=[
                ("REFUSED", say("No")),
                ("DEFERRED", say("They want to think about it")),
                ("REQUESTED", say("They were asked, and have not answered yet")),
            ],
            agencies=[
                ("", say("All agencies")),
                *by_name((one, directory.agency(one)) for one in directory.agencies),
            ],
        )


def _shown(one: consent.ListedConsent, directory: Directory, language: str) -> dict[str, Any]:
    return {
        "state": _state(one.state),
        "happened_time": one.happened_time.ToDatetime(tzinfo=UTC),
        "valid_until_time": one.valid_until_time.ToDatetime(tzinfo=UTC),
        "notice_version": one.notice_version,
        "spoken_language": named(LANGUAGES, one.spoken_language, language),
        "grants": [
            {
                "agency": directory.agency(line.grant.agency_id),
                "purpose": named(PURPOSES, line.grant.purpose, language),
                "categories": ", ".join(named(CATEGORIES, code, language) for code in line.grant.categories),
                "is_denial": line.grant.effect == consent.GrantEffect.GRANT_EFFECT_DENY,
                "state": _state(line.state),
            }
            for line in one.grants
        ],
    }


def _said(one: consent.ListedConsentAnswer, directory: Directory) -> dict[str, Any]:
    return {
        "answer": consent.ConsentAnswer.Name(one.answer).removeprefix("CONSENT_ANSWER_"),
        "agency": directory.agency(one.agency_id) if one.HasField("agency_id") else "",
        "happened_time": one.happened_time.ToDatetime(tzinfo=UTC),
    }


def _state(number: int) -> str:
    name = consent.ConsentState.Name(number)  # type: ignore[arg-type]  # a number of the enum
    return name.removeprefix("CONSENT_STATE_")


async def known_person(visit: Visit) -> messages.GetBeneficiaryResponse:
    """Whom the address names.

    Raises:
        NotFound: there is no such person, or not for whoever looks.
    """
    request = messages.GetBeneficiaryRequest(beneficiary_id=visit.path_value("person"))
    found: messages.GetBeneficiaryResponse = await visit.ask(visit.hub.intake.GetBeneficiary, request)
    return found
