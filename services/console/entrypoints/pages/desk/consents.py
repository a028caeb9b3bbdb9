"""Consent at the desk: the notice in the person's language, what they permit to whom, and taking it back."""

from datetime import UTC
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.intake.v1 import consent_pb2 as consent
from kem.intake.v1 import intake_service_pb2 as messages
from kem.referral.v1 import referral_service_pb2 as referral
from kernel.codes import CATEGORIES, LANGUAGES, PURPOSES, SERVICE_TYPES, purpose_of
from kernel.errors import Conflict, Exhausted, Invalid, NotFound, RuleBroken, Unavailable
from services.console.adapters.catalogue import OWN_NAMES
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, choices, name_of, named
from services.console.entrypoints.forms import as_choice, as_past
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.cases import described, directory_of, needs_of
from services.console.entrypoints.pages.desk.consent_form import MOST_GRANTS, consent_from
from services.console.entrypoints.pages.desk.notice_text import newest_notice, notice_text, page_language
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.pages.desk.story import Directory
from services.console.entrypoints.refusals import words_for

_BOTH: Final = ("GET", "POST")
_SENT_AGAIN: Final = (Invalid, RuleBroken, Conflict, Exhausted, Unavailable)


class ConsentPages:
    """What somebody permits, refuses, and takes back."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        here, intake = "/desk/people/{person}/consents", "IntakeService/"
        names = ("DirectoryService/ListAgencies", "DirectoryService/ListServices")
        notice = ("ConsentPolicyService/ListNotices", "ConsentPolicyService/GetNotice")
        about = (intake + "GetBeneficiary", intake + "ListNeeds", "ReferralService/ExplainMatches")
        return (
            Page(here, self.look, DESK, (intake + "ListConsents", intake + "GetBeneficiary", *names)),
            Page(
                here + "/new", self.record, DESK, (intake + "RecordConsent", *about, *notice, *names), _BOTH
            ),
            Page(
                here + "/said",
                self.say_no,
                DESK,
                (intake + "RecordConsentState", intake + "GetBeneficiary", *names),
                _BOTH,
            ),
            Page(
                here + "/withdraw",
                self.withdraw,
                DESK,
                (intake + "WithdrawConsent", intake + "GetBeneficiary", *names),
                _BOTH,
            ),
        )

    async def look(self, visit: Visit) -> Response:
        """Every consent of the person, and what each permits now."""
        person_id = visit.path_value("person")
        known = await _known(visit)
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
        )

    async def record(self, visit: Visit) -> Response:
        """What the person permits, after the notice."""
        person_id, form, say = visit.path_value("person"), visit.form, visit.say
        known = await _known(visit)
        notice = await newest_notice(visit)
        read_in = form.text("notice_language") or visit.query("notice") or page_language(known, notice)
        hashes = {one.language: one.sha256 for one in notice.hashes}
        if visit.is_sent and not form.has("show_notice"):
            record = consent_from(visit, notice.version, read_in, hashes.get(read_in, ""))
            if not visit.errors:
                request = messages.RecordConsentRequest(
                    request_id=form.request_id, beneficiary_id=person_id, consent=record
                )
                try:
                    await visit.ask(visit.hub.intake.RecordConsent, request)
                except _SENT_AGAIN as error:
                    visit.errors.add("method", str(words_for(error, visit.language)))
                else:
                    onward = form.text("for")
                    path = f"/desk/people/{person_id}/" + (f"referrals/{onward}" if onward else "consents")
                    return visit.go(path, "consent-recorded")
        texts = [await notice_text(visit, notice.version, read_in)]
        if visit.language != read_in and visit.language in hashes:
            texts.append(await notice_text(visit, notice.version, visit.language))
        directory = await directory_of(visit, self._names)
        language = visit.language
        return visit.render(
            "desk/consent_form.html",
            title=say("Record consent"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            person_id=person_id,
            who=described(known, visit),
            is_child=known.beneficiary.HasField("guardian"),
            for_referral=form.text("for") or visit.query("for"),
            notice=notice,
            read_in=read_in,
            notice_languages=[(code, OWN_NAMES.get(code, code)) for code in sorted(hashes)],
            texts=texts,
            grants=await self._grants_offered(visit, directory, person_id),
            agencies=[
                ("", say("Choose an agency")),
                *by_name((one, directory.agency(one)) for one in directory.agencies),
            ],
            purposes=choices(PURPOSES, language, nothing=say("Choose for what")),
            categories=[(code, name_of(entry, language)) for code, entry in CATEGORIES.items()],
            spoken=[("", say("Choose a language")), *by_name(choices(LANGUAGES, language))],
            methods=[
                ("WRITTEN", say("Signed")),
                ("VERBAL_WITNESSED", say("Said before a witness")),
                ("THUMBPRINT", say("By thumbprint, before a witness")),
                ("RECORDED", say("Recorded in sound or picture")),
            ],
            givers=[
                ("SELF", say("The person")),
                ("PARENT", say("A parent")),
                ("GUARDIAN", say("A guardian")),
                ("LEGAL_REPRESENTATIVE", say("Another legal representative")),
            ],
            modes=[
                ("", say("Nobody interpreted")),
                ("IN_PERSON", say("In the room")),
                ("TELEPHONE", say("By telephone")),
                ("VIDEO", say("By video")),
            ],
            periods=[
                ("3", say("Three months")),
                ("6", say("Six months")),
                ("12", say("Twelve months, the longest there is")),
            ],
        )

    async def _grants_offered(self, visit: Visit, directory: Any, person_id: str) -> list[dict[str, str]]:
        """The agencies to ask about: those that fit a need; and empty rows for others."""
        rows: list[dict[str, str]] = []
        referral_id = visit.form.text("for") or visit.query("for")
        need = None
        if referral_id:
            needs = await needs_of(visit, person_id)
            need = next((one for one in needs if one.referral_id == referral_id), None)
            if need is None:
                raise NotFound("This person has no such referral.")
        if need is not None and need.service_type in SERVICE_TYPES:
            asked = referral.ExplainMatchesRequest(referral_id=referral_id)
            explained = await visit.ask(visit.hub.referral.ExplainMatches, asked)
            purpose = purpose_of(need.service_type)
            for agency_id in dict.fromkeys(one.agency_id for one in explained.proposals):
                rows.append(
                    {
                        "agency_id": agency_id,
                        "agency": directory.agency(agency_id),
                        "purpose": purpose.code,
                        "purpose_name": name_of(purpose, visit.language),
                        "needed": ",".join(SERVICE_TYPES[need.service_type].needed),
                    }
                )
        empty = {"agency_id": "", "agency": "", "purpose": "", "purpose_name": "", "needed": ""}
        return [*rows[: MOST_GRANTS - 1], empty]

    async def say_no(self, visit: Visit) -> Response:
        """What neither gives nor takes consent: asked, thinking about it, no."""
        person_id, form, say = visit.path_value("person"), visit.form, visit.say
        known = await _known(visit)
        if visit.is_sent:
            answer = form.text("answer")
            if answer in ("REQUESTED", "DEFERRED", "REFUSED"):
                request = messages.RecordConsentStateRequest(
                    request_id=form.request_id,
                    beneficiary_id=person_id,
                    answer=as_choice(consent.ConsentAnswer, f"CONSENT_ANSWER_{answer}"),
                    agency_id=form.text("agency") or None,
                )
                await visit.ask(visit.hub.intake.RecordConsentState, request)
                return visit.go(f"/desk/people/{person_id}/consents", "consent-said")
            visit.errors.add("answer", say("Choose what the person said."))
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

    async def withdraw(self, visit: Visit) -> Response:
        """As easy as giving it: for one agency, or the whole."""
        person_id, form, say = visit.path_value("person"), visit.form, visit.say
        known = await _known(visit)
        withdrawn = None
        if visit.is_sent:
            request = messages.WithdrawConsentRequest(
                request_id=form.request_id,
                beneficiary_id=person_id,
                agency_id=form.text("agency") or None,
            )
            if form.text("happened_day"):
                at = as_past(form.text("happened_day"), form.text("happened_clock"))
                if at is None:
                    visit.errors.add("happened_day", say("Type day and time as 31/12/2026 and 14:30."))
                else:
                    request.happened_time.FromDatetime(at)
            if not form.text("whole") and not form.text("agency"):
                visit.errors.add("whole", say("Choose whether it is for one agency, or the whole."))
            if not visit.errors:
                try:
                    withdrawn = await visit.ask(visit.hub.intake.WithdrawConsent, request)
                except _SENT_AGAIN as error:
                    visit.errors.add("agency", str(words_for(error, visit.language)))
        directory = await directory_of(visit, self._names)
        return visit.render(
            "desk/withdraw_consent.html",
            title=say("Withdraw consent"),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            person_id=person_id,
            who=described(known, visit),
            withdrawn=withdrawn,
            agencies=[
                ("", say("Choose an agency")),
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


def _state(number: int) -> str:
    name = consent.ConsentState.Name(number)  # type: ignore[arg-type]  # a number of the enum
    return name.removeprefix("CONSENT_STATE_")


async def _known(visit: Visit) -> messages.GetBeneficiaryResponse:
    request = messages.GetBeneficiaryRequest(beneficiary_id=visit.path_value("person"))
    found: messages.GetBeneficiaryResponse = await visit.ask(visit.hub.intake.GetBeneficiary, request)
    return found
