"""Taking somebody's consent at the desk: the notice in their language, and what they permit to whom."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

from kem.intake.v1 import consent_pb2 as consent
from kem.intake.v1 import consent_policy_service_pb2 as policy
from kem.intake.v1 import intake_service_pb2 as messages
from kem.intake.v1 import need_pb2
from kem.referral.v1 import referral_service_pb2 as referral
from kernel.codes import CATEGORIES, LANGUAGES, PURPOSES, SERVICE_TYPES, purpose_of
from kernel.errors import Conflict, Exhausted, Invalid, KemError, NotFound, RuleBroken, Unavailable
from services.console.adapters.catalogue import OWN_NAMES
from services.console.adapters.names import Names
from services.console.entrypoints.codes import by_name, choices, name_of, named
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.desk.cases import described, directory_of, needs_of
from services.console.entrypoints.pages.desk.consent_form import (
    MOST_ROWS,
    GrantRow,
    consent_from,
    field_of,
    rows_typed,
)
from services.console.entrypoints.pages.desk.consents import known_person
from services.console.entrypoints.pages.desk.drafts import TAKES_UP, draft_of, forget, take_up
from services.console.entrypoints.pages.desk.notice_text import newest_notice, notice_text, page_language
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.pages.desk.story import Directory
from services.console.entrypoints.refusals import words_for

_SENT_AGAIN: Final = (Invalid, RuleBroken, Conflict, Exhausted, Unavailable)
_ASKED_FIRST: Final = 5
"""So many of those that fit the need have a row at once; any other is chosen."""
_OF_THE_NOTICE: Final = ("understanding_checked", "read_aloud")
"""Ticks that say something of the notice on the page, and of no other."""


class ConsentTaking:
    """The form of a consent."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def page(self) -> Page:
        """At its address."""
        calls = (
            *("IntakeService/RecordConsent", "IntakeService/GetBeneficiary", "IntakeService/ListNeeds"),
            *("ConsentPolicyService/ListNotices", "ConsentPolicyService/GetNotice"),
            *("DirectoryService/ListAgencies", "DirectoryService/ListServices"),
            "ReferralService/ExplainMatches",
        )
        path = "/desk/people/{person}/consents/new"
        return Page(path, self.take, DESK, (*calls, *TAKES_UP), ("GET", "POST"))

    async def take(self, visit: Visit) -> Response:
        """What the person permits, after the notice."""
        known = await known_person(visit)
        notice = await newest_notice(visit)
        if not visit.is_sent:
            await _take_up(visit)
        form = visit.form
        hashes = {one.language: one.sha256 for one in notice.hashes}
        wished = form.text("notice_language") or visit.query("notice")
        read_in = wished if wished in hashes else page_language(known, notice)
        is_recording = visit.is_sent and not form.has("show_notice") and not form.has("more")
        record = consent_from(visit, notice.version, read_in, hashes[read_in]) if is_recording else None
        _ask_for_another_notice(visit, notice, read_in, is_told=not form.has("show_notice"))
        was_asked, is_on_record = form.has("sent"), False
        if record is not None and not visit.errors:
            try:
                return await self._recorded(visit, record)
            except _SENT_AGAIN as error:
                was_asked = True
                is_on_record = error.stable_reason == "REQUEST_ID_REUSED"
                _tell(visit, error, is_on_record=is_on_record)
        texts = [await notice_text(visit, notice.version, read_in)]
        if visit.language != read_in and visit.language in hashes:
            texts.append(await notice_text(visit, notice.version, visit.language))
        directory = await directory_of(visit, self._names)
        return visit.render(
            "desk/consent_form.html",
            title=visit.say("Record consent"),
            code=HTTPStatus.BAD_REQUEST if visit.errors and visit.is_sent else HTTPStatus.OK,
            person_id=visit.path_value("person"),
            who=described(known, visit),
            is_child=known.beneficiary.HasField("guardian"),
            is_on_record=is_on_record,
            was_asked=was_asked,
            draft=draft_of(visit),
            for_referral=_for_referral(visit),
            notice=notice,
            read_in=read_in,
            notice_languages=[(code, OWN_NAMES.get(code, code)) for code in sorted(hashes)],
            texts=texts,
            grants=await self._rows(visit, directory),
            **_choices(visit, directory),
        )

    async def _recorded(self, visit: Visit, record: consent.ConsentRecord) -> Response:
        person_id, onward = visit.path_value("person"), visit.form.text("for")
        request = messages.RecordConsentRequest(
            request_id=visit.form.request_id, beneficiary_id=person_id, consent=record
        )
        await visit.ask(visit.hub.intake.RecordConsent, request)
        await forget(visit, visit.form.text("draft"))
        path = f"/desk/people/{person_id}/" + (f"referrals/{onward}" if onward else "consents")
        return visit.go(path, "consent-recorded")

    async def _rows(self, visit: Visit, directory: Directory) -> list[dict[str, Any]]:
        """The agencies to ask about: as they were sent; at first those that fit the need; and empty ones."""
        need = await _need(visit)
        rows = rows_typed(visit.form)
        if need is not None and not visit.is_sent:
            rows += await _fitting(visit, need, rows)
        if visit.form.has("more") or not any(row.is_free for row in rows):
            last = max((row.number for row in rows), default=0)
            rows += [GrantRow(last + 1)] if last < MOST_ROWS else []
        needed = SERVICE_TYPES[need.service_type].needed if need is not None else ()
        return [_shown(row, needed, directory, visit.language) for row in rows]


async def _take_up(visit: Visit) -> None:
    """Fills in a draft. "Now" is then when it is gone on with, unless the form was sent before: then sending
    it again is the same request."""
    await take_up(visit)
    if not visit.form.has("sent"):
        visit.form = visit.form.without("request_id")


def _ask_for_another_notice(
    visit: Visit, notice: policy.ListedNotice, read_in: str, *, is_told: bool
) -> None:
    """Where the form stands on another notice than the one that is shown now, it has to be read once more.

    Nobody has read what is shown now, so what was ticked about reading does not count.
    """
    version, language = visit.form.text("shown_version"), visit.form.text("shown_language")
    if (version, language) == (notice.version, read_in) or not (visit.is_sent or version):
        return
    visit.form = visit.form.without(*_OF_THE_NOTICE)
    if not is_told:
        return
    say = visit.say
    words = say("You chose the notice in another language. Read it with the person, then tick below.")
    if version != notice.version:
        words = say("A new notice is in use since then. Read it with the person, then tick below.")
    visit.errors.add("notice_language", words)


def _tell(visit: Visit, error: KemError, *, is_on_record: bool) -> None:
    """What the service says; of what is on record already the next time is another consent."""
    words = str(words_for(error, visit.language))
    if is_on_record:
        visit.form = visit.form.without("request_id")
        words = visit.say("This consent is on record already, as it was first sent.")
    visit.errors.add(field_of(error), words)


def _for_referral(visit: Visit) -> str:
    return visit.form.text("for") or visit.query("for")


async def _need(visit: Visit) -> need_pb2.Need | None:
    """For which the consent is asked; None where it is for none."""
    referral_id = _for_referral(visit)
    if not referral_id:
        return None
    needs = await needs_of(visit, visit.path_value("person"))
    need = next((one for one in needs if one.referral_id == referral_id), None)
    if need is None:
        raise NotFound("This person has no such referral.")
    return need if need.service_type in SERVICE_TYPES else None


async def _fitting(visit: Visit, need: need_pb2.Need, rows: list[GrantRow]) -> list[GrantRow]:
    """The agencies that fit the need best and have no row yet, as long as there is room for them."""
    asked = referral.ExplainMatchesRequest(referral_id=need.referral_id)
    explained = await visit.ask(visit.hub.referral.ExplainMatches, asked)
    known = {row.agency_id for row in rows}
    best = [one for one in dict.fromkeys(one.agency_id for one in explained.proposals) if one not in known]
    first = max((row.number for row in rows), default=0) + 1
    room = max(0, min(_ASKED_FIRST - sum(row.fits for row in rows), MOST_ROWS - first))
    purpose = purpose_of(need.service_type).code
    return [GrantRow(number, one, purpose, fits=True) for number, one in enumerate(best[:room], first)]


def _shown(row: GrantRow, needed: Sequence[str], directory: Directory, language: str) -> dict[str, Any]:
    """A row with its words. Beside an agency that fits stand the categories that the need needs."""
    offered = [
        (code, name_of(entry, language))
        for code, entry in CATEGORIES.items()
        if not (row.fits and needed) or code in needed or code in row.ticked
    ]
    return {
        "n": row.number,
        "agency_id": row.agency_id,
        "purpose": row.purpose,
        "fits": row.fits,
        "ticked": row.ticked,
        "agency": directory.agency(row.agency_id),
        "purpose_name": named(PURPOSES, row.purpose, language),
        "offered": offered,
    }


def _choices(visit: Visit, directory: Directory) -> dict[str, Any]:
    say, language = visit.say, visit.language
    return {
        "agencies": [
            ("", say("Choose an agency")),
            *by_name((one, directory.agency(one)) for one in directory.agencies),
        ],
        "purposes": choices(PURPOSES, language, nothing=say("Choose for what")),
        "spoken": [("", say("Choose a language")), *by_name(choices(LANGUAGES, language))],
        "methods": [
            ("WRITTEN", say("Signed")),
            ("VERBAL_WITNESSED", say("Said before a witness")),
            ("THUMBPRINT", say("By thumbprint, before a witness")),
            ("RECORDED", say("Recorded in sound or picture")),
        ],
        "givers": [
            ("SELF", say("The person")),
            ("PARENT", say("A parent")),
            ("GUARDIAN", say("A guardian")),
            ("LEGAL_REPRESENTATIVE", say("Another legal representative")),
        ],
        "modes": [
            ("", say("Nobody interpreted")),
            ("IN_PERSON", say("In the room")),
            ("TELEPHONE", say("By telephone")),
            ("VIDEO", say("By video")),
        ],
        "periods": [
            ("3", say("Three months")),
            ("6", say("Six months")),
            ("12", say("Twelve months, the longest there is")),
        ],
    }
