"""Consent at the desk: the notice in the person's language, what they permit to whom, and taking it back."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.responses import Response

from kem.intake.v1 import consent_pb2 as consent
from kem.intake.v1 import consent_policy_service_pb2 as policy
from kem.intake.v1 import intake_service_pb2 as messages
from kem.referral.v1 import referral_service_pb2 as referral
from kernel.codes import CATEGORIES, LANGUAGES, PURPOSES, SERVICE_TYPES, purpose_of
from kernel.errors import Conflict, Exhausted, Invalid, NotFound, RuleBroken, Unavailable
from services.console.adapters.catalogue import OWN_NAMES, RIGHT_TO_LEFT
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, choices, name_of, named
from services.console.entrypoints.forms import as_choice, as_date, as_past
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.cases import described, directory_of, needs_of
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.pages.desk.story import Directory
from services.console.entrypoints.refusals import words_for

MOST_GRANTS: Final = 6
_MONTHS: Final = {"3": 91, "6": 182, "12": 365}
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
        notice = await _newest_notice(visit)
        read_in = form.text("notice_language") or visit.query("notice") or _page_language(known, notice)
        hashes = {one.language: one.sha256 for one in notice.hashes}
        if visit.is_sent and not form.has("show_notice"):
            record = self._consent_typed(visit, notice.version, read_in, hashes.get(read_in, ""))
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
        texts = [await _notice_text(visit, notice.version, read_in)]
        if visit.language != read_in and visit.language in hashes:
            texts.append(await _notice_text(visit, notice.version, visit.language))
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

    def _consent_typed(self, visit: Visit, version: str, language: str, sha256: str) -> consent.ConsentRecord:
        form, say = visit.form, visit.say
        now = datetime.now(UTC)
        record = consent.ConsentRecord(
            notice=consent.Notice(version=version, language=language, sha256=sha256),
            spoken_language=form.text("spoken_language"),
            read_aloud=form.has("read_aloud"),
            understanding_checked=form.has("understanding_checked"),
            child_assents=form.has("child_assents"),
            covers_family=form.has("covers_family"),
            witness=form.text("witness"),
            place=form.text("place"),
            safe_contact_rule=form.text("safe_contact_rule"),
            authority_reference=form.text("authority_reference"),
        )
        for name, words in (
            ("spoken_language", say("Choose in which language it was explained.")),
            ("method", say("Choose how the person agreed.")),
            ("period", say("Choose for how long.")),
        ):
            if not form.text(name):
                visit.errors.add(name, words)
        if not form.has("understanding_checked"):
            words = say("Ask: who will see what, and how do you stop it? Tick when the person has said it.")
            visit.errors.add("understanding_checked", words)
        record.method = as_choice(
            consent.ConsentMethod, f"CONSENT_METHOD_{form.text('method') or 'UNSPECIFIED'}"
        )
        record.given_by = as_choice(consent.ConsentGiver, f"CONSENT_GIVER_{form.text('given_by') or 'SELF'}")
        if form.text("authority_expires"):
            day = as_date(form.text("authority_expires"))
            if day is None:
                visit.errors.add("authority_expires", say("Type the date as day/month/year."))
            else:
                record.authority_expires_date = day.isoformat()
        if mode := form.text("interpreter_mode"):
            record.with_interpreter = True
            record.interpreter.reference = form.text("interpreter")
            record.interpreter.mode = as_choice(consent.InterpreterMode, f"INTERPRETER_MODE_{mode}")
            record.interpreter.confidentiality_signed = form.has("interpreter_signed")
            record.interpreter.related = form.has("interpreter_related")
            record.interpreter.of_full_age = form.has("interpreter_of_age")
            if not record.interpreter.reference:
                visit.errors.add(
                    "interpreter", say("Write by which name or number the interpreter is known.")
                )
        happened = now
        if form.text("happened_day"):
            at = as_past(form.text("happened_day"), form.text("happened_clock"))
            if at is None:
                visit.errors.add("happened_day", say("Type day and time as 31/12/2026 and 14:30."))
            else:
                happened = at
                record.happened_time.FromDatetime(happened)
        record.valid_from_time.FromDatetime(happened)
        days = _MONTHS.get(form.text("period"), 0)
        record.valid_until_time.FromDatetime(happened + timedelta(days=days or 1))
        record.grants.extend(_grants_typed(visit))
        if not record.grants:
            visit.errors.add("agency_1", say("Tick what the person permits, agency by agency."))
        return record

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


def _grants_typed(visit: Visit) -> list[consent.Grant]:
    form, grants = visit.form, []
    for row in range(1, MOST_GRANTS + 1):
        agency_id, ticked = form.text(f"agency_{row}"), form.all(f"categories_{row}")
        if not agency_id or not ticked:
            continue
        purpose = form.text(f"purpose_{row}")
        if purpose not in PURPOSES:
            visit.errors.add(f"purpose_{row}", visit.say("Choose for what it may be used."))
            continue
        grants.append(
            consent.Grant(
                agency_id=agency_id,
                purpose=purpose,
                categories=[one for one in ticked if one in CATEGORIES],
                legal_basis=consent.LegalBasis.LEGAL_BASIS_CONSENT,
                effect=consent.GrantEffect.GRANT_EFFECT_PERMIT,
            )
        )
    if never := form.text("never"):
        grants += [
            consent.Grant(
                agency_id=never,
                purpose=purpose,
                categories=list(CATEGORIES),
                legal_basis=consent.LegalBasis.LEGAL_BASIS_CONSENT,
                effect=consent.GrantEffect.GRANT_EFFECT_DENY,
                is_safety_critical=form.has("never_safety"),
            )
            for purpose in PURPOSES
        ]
    return grants


async def _known(visit: Visit) -> messages.GetBeneficiaryResponse:
    request = messages.GetBeneficiaryRequest(beneficiary_id=visit.path_value("person"))
    found: messages.GetBeneficiaryResponse = await visit.ask(visit.hub.intake.GetBeneficiary, request)
    return found


async def _newest_notice(visit: Visit) -> policy.ListedNotice:
    """The notice that is in use.

    Raises:
        NotFound: none was published yet.
    """
    listed = await visit.ask(visit.hub.policy.ListNotices, policy.ListNoticesRequest(page_size=1))
    if not listed.notices:
        raise NotFound(
            "No notice has been published, so no consent can rest on one; ask the data protection officer.",
            reason="NOTICE_NOT_PUBLISHED",
        )
    newest: policy.ListedNotice = listed.notices[0]
    return newest


async def _notice_text(visit: Visit, version: str, language: str) -> dict[str, Any]:
    request = policy.GetNoticeRequest(version=version, language=language)
    answer = await visit.ask(visit.hub.policy.GetNotice, request)
    return {
        "language": language,
        "dir": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "html": written(answer.text.text),
    }


def _page_language(known: messages.GetBeneficiaryResponse, notice: policy.ListedNotice) -> str:
    """The notice's language for this person: the best of theirs that it is written in."""
    there = {one.language for one in notice.hashes}
    for skill in known.beneficiary.languages:
        page = LANGUAGES[skill.language].page if skill.language in LANGUAGES else ""
        if page in there:
            return page
    return "en" if "en" in there else min(there)


@lru_cache(maxsize=64)
def written(text: str) -> Markup:
    """A notice's Markdown as a page shows it: its headings below the page's, markup within it as text."""
    reader = MarkdownIt("commonmark", {"html": False})
    tokens = reader.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # noqa: S704  it escapes by itself
