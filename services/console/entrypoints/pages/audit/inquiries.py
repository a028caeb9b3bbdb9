"""Questions that no entry may answer: who saw something of a person, who is whom, how consents were given."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from google.protobuf.timestamp_pb2 import Timestamp
from starlette.responses import Response

from kem.access.v1 import access_service_pb2 as access
from kem.directory.v1.directory_pb2 import Agency
from kem.disclosure.v1 import authority_service_pb2 as authorities
from kem.disclosure.v1 import inquiry_service_pb2 as inquiry
from kem.intake.v1 import consent_pb2
from kernel import codes
from services.console.adapters.names import Names
from services.console.entrypoints.codes import choices, named, text_of
from services.console.entrypoints.forms import as_date, as_uuid
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.answers import MOST_ROWS, Answer, as_file
from services.console.entrypoints.pages.audit.inquiry_words import AUTHORITIES, GIVERS, HOW, MODES
from services.console.entrypoints.pages.audit.kinds import BASES
from services.console.entrypoints.pages.audit.roles import READERS
from services.console.entrypoints.pages.public.texts import N_
from services.console.entrypoints.rendering import ATHENS, Written
from services.console.entrypoints.words import age, names_of, word

LIST: Final = "/audit/questions"
_PAGE: Final = 50
_FILE_PAGE: Final = 200
_MOST_NAMES: Final = 200
_AGENCIES: Final = "DirectoryService/ListAgencies"
_NAMES: Final = "StaffService/NameStaff"


@dataclass(frozen=True, slots=True)
class Question:
    """Something that can be asked.

    Args:
        fields: of its form.
        needs: those of them without which it is not asked.
    """

    name: str
    asks: str
    calls: tuple[str, ...]
    fields: tuple[str, ...]
    needs: tuple[str, ...] = ()


SEEN: Final = Question(
    "seen",
    N_("Who was given something of a person: when, by whom, for what, under which text?"),
    ("InquiryService/ListDisclosures",),
    ("person", "category"),
    ("person", "category"),
)
WHO: Final = Question(
    "who", N_("Which named person is it whom an entry knows by a random id?"), (), ("ids",), ("ids",)
)
CHILDREN: Final = Question(
    "children",
    N_("Of each child: who authorised, by which document, which authority knew when?"),
    ("InquiryService/ListConsents",),
    ("from", "until"),
)
INTERPRETERS: Final = Question(
    "interpreters",
    N_("What did interpreters hear, and had they signed confidentiality?"),
    ("InquiryService/ListConsents",),
    ("from", "until"),
)
QUESTIONS: Final = (SEEN, WHO, CHILDREN, INTERPRETERS)

_Ask = Callable[[Visit, str, int], Awaitable[Answer]]


class InquiryPages:
    """Each question with its form, its table and its files."""

    def __init__(self, names: Names) -> None:
        self._names = names

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        asks: Mapping[str, _Ask] = {
            SEEN.name: self._seen,
            WHO.name: self._who,
            CHILDREN.name: self._children,
            INTERPRETERS.name: self._interpreters,
        }
        found = [Page(LIST, start, READERS)]
        for one in QUESTIONS:
            path, calls = f"{LIST}/{one.name}", (*one.calls, _NAMES, _AGENCIES)
            found.append(Page(path, _page(one, asks[one.name]), READERS, calls))
            for kind in ("csv", "json"):
                found.append(Page(f"{path}.{kind}", _file(one, asks[one.name], kind), READERS, calls))
        return tuple(found)

    async def _seen(self, visit: Visit, after: str, most: int) -> Answer:
        request = inquiry.ListDisclosuresRequest(
            beneficiary_id=visit.query("person"),
            category=visit.query("category"),
            page_size=most,
            page_token=after,
        )
        listed = await visit.ask(visit.hub.inquiries.ListDisclosures, request)
        who = await self._people(visit, (one.principal_id for one in listed.disclosures))
        say = visit.say
        columns = {
            "time": say("When"),
            "how": say("How"),
            "by": say("By whom"),
            "to": say("To whom"),
            "purpose": say("For what"),
            "bases": say("Legal basis"),
            "texts": say("Under which text"),
        }
        rows = [
            (
                who.time(one.disclosed_time),
                who.word(HOW, inquiry.DisclosureKind, one.kind, "DISCLOSURE_KIND_"),
                who.name(one.principal_id),
                who.agency(one.agency_id),
                named(codes.PURPOSES, one.purpose, visit.language) if one.purpose else "",
                ", ".join(say(BASES[base]) if base in BASES else base for base in one.legal_bases),
                "; ".join(
                    f"{text.notice_version} ({text.notice_language}), {who.time(text.given_time)}"
                    for text in one.texts
                ),
            )
            for one in listed.disclosures
        ]
        about = [one.disclosure_id for one in listed.disclosures]
        return Answer(columns, rows, about, listed.next_page_token)

    async def _who(self, visit: Visit, after: str, most: int) -> Answer:
        wanted = list(dict.fromkeys(str(as_uuid(one)) for one in visit.query("ids").split() if as_uuid(one)))
        who, say = await self._people(visit, wanted[:_MOST_NAMES]), visit.say
        columns = {"id": say("Id"), "name": say("Name"), "agency": say("Agency"), "roles": say("Roles now")}
        rows = []
        for one in wanted[:_MOST_NAMES]:
            found = who.staff.get(one)
            agency = who.agency(found.agency_id) if found is not None else ""
            rows.append((one, who.name(one), agency, ", ".join(found.roles) if found is not None else ""))
        return Answer(columns, rows)

    async def _children(self, visit: Visit, after: str, most: int) -> Answer:
        listed = await _consents(visit, inquiry.CONSENT_VIEW_CHILDREN, after, most)
        who, say = await self._people(visit, (one.obtained_by_id for one in listed.consents)), visit.say
        columns = {
            "time": say("Given"),
            "person": say("Child"),
            "age": say("Age"),
            "by": say("Authorised by"),
            "document": say("Document"),
            "assents": say("The child agrees"),
            "obtained_by": say("Obtained by"),
            "told": say("Authorities told"),
        }
        rows = [
            (
                who.time(one.given_time),
                one.beneficiary_id,
                age(one.child.age_band, visit.language),
                who.word(GIVERS, consent_pb2.ConsentGiver, one.child.given_by, "CONSENT_GIVER_")
                + (
                    " – " + say("MAY NOT DECIDE, as far as was on record")
                    if one.child.lacks_authority
                    else ""
                ),
                say("gone") if one.sealed_is_gone else one.child.authority_reference,
                say("yes") if one.child.assents else say("no"),
                who.name(one.obtained_by_id),
                "; ".join(
                    who.word(AUTHORITIES, authorities.Authority, note.authority, "AUTHORITY_")
                    + f" {who.time(note.happened_time)}"
                    for note in one.child.notifications
                )
                or say("none"),
            )
            for one in listed.consents
        ]
        return Answer(columns, rows, [one.consent_id for one in listed.consents], listed.next_page_token)

    async def _interpreters(self, visit: Visit, after: str, most: int) -> Answer:
        listed = await _consents(visit, inquiry.CONSENT_VIEW_INTERPRETED, after, most)
        who, say = await self._people(visit, (one.obtained_by_id for one in listed.consents)), visit.say
        columns = {
            "time": say("Given"),
            "interpreter": say("Interpreter"),
            "how": say("How"),
            "signed": say("Had signed confidentiality"),
            "language": say("Language"),
            "heard": say("Heard of"),
            "person": say("Person"),
            "with": say("With whom"),
        }
        rows = [
            (
                who.time(one.given_time),
                say("gone") if one.sealed_is_gone else one.interpreter.reference,
                who.word(MODES, consent_pb2.InterpreterMode, one.interpreter.mode, "INTERPRETER_MODE_"),
                _signed(one.interpreter, visit),
                named(codes.LANGUAGES, one.spoken_language, visit.language),
                ", ".join(names_of(codes.CATEGORIES, one.categories, visit.language)),
                one.beneficiary_id,
                who.name(one.obtained_by_id),
            )
            for one in listed.consents
        ]
        return Answer(columns, rows, [one.consent_id for one in listed.consents], listed.next_page_token)

    async def _people(self, visit: Visit, ids: Iterable[str]) -> "_People":
        """Those whom the rows name, by one call."""
        wanted = sorted({one for one in ids if as_uuid(one)})
        staff = {}
        if wanted:
            request = access.NameStaffRequest(principal_ids=wanted)
            found = await visit.ask(visit.hub.staff.NameStaff, request)
            staff = {one.principal_id: one for one in found.staff}
        return _People(visit, staff, await self._names.agencies(visit.staff.metadata))


@dataclass(frozen=True, slots=True)
class _People:
    """Who and which agency, in the reader's words."""

    visit: Visit
    staff: Mapping[str, access.NamedStaff]
    agencies: Mapping[str, Agency]

    def name(self, principal_id: str) -> str:
        """Of somebody; who has no account here is who their agency says."""
        found = self.staff.get(principal_id)
        if found is None:
            return self.visit.say("no account here (%(id)s)") % {"id": principal_id[:8]}
        return found.display_name or self.visit.say("a closed account, its name forgotten")

    def agency(self, agency_id: str) -> str:
        """Empty where there is none."""
        found = self.agencies.get(agency_id)
        return text_of(found.name, self.visit.language) if found is not None else agency_id[:8]

    def time(self, stamp: Timestamp) -> str:
        """As people read it."""
        return Written(self.visit.language).datetime(stamp.ToDatetime(tzinfo=UTC))

    def word(self, words: Mapping[str, str], enumeration: Any, number: int, prefix: str) -> str:
        """A code of a contract in words."""
        code = word(enumeration, number, prefix)
        return self.visit.say(words[code]) if code in words else code


async def start(visit: Visit) -> Response:
    """Which questions there are."""
    return visit.render(
        "audit/questions.html",
        title=visit.say("The auditor's questions"),
        questions=[(f"{LIST}/{one.name}", visit.say(one.asks)) for one in QUESTIONS],
    )


def _page(question: Question, ask: _Ask) -> Callable[[Visit], Awaitable[Response]]:
    async def page(visit: Visit) -> Response:
        is_asked = _is_asked(visit, question)
        answer = await ask(visit, visit.query("after")[:200], _PAGE) if is_asked else None
        asked = {name: visit.query(name) for name in question.fields}
        path = f"{LIST}/{question.name}"
        given = urlencode({name: value for name, value in asked.items() if value})
        return visit.render(
            "audit/question.html",
            title=visit.say(question.asks),
            code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
            answer=answer,
            asked=asked,
            fields=question.fields,
            here=path,
            given=given,
            first=f"{path}?{given}",
            is_first=not visit.query("after"),
            onward=f"{path}?{given}&{urlencode({'after': answer.onward})}"
            if answer and answer.onward
            else "",
            categories=choices(codes.CATEGORIES, visit.language, nothing=visit.say("Choose")),
            most=MOST_ROWS,
        )

    return page


def _file(question: Question, ask: _Ask, kind: str) -> Callable[[Visit], Awaitable[Response]]:
    async def file(visit: Visit) -> Response:
        if not _is_asked(visit, question):
            given = urlencode({name: visit.query(name) for name in question.fields})
            return visit.go(f"{LIST}/{question.name}?{given}")
        answer = await ask(visit, "", _FILE_PAGE)
        rows, about = [*answer.rows], [*answer.about]
        while answer.onward and len(rows) < MOST_ROWS:
            answer = await ask(visit, answer.onward, _FILE_PAGE)
            rows += answer.rows
            about += answer.about
        return as_file(Answer(answer.columns, rows, about, answer.onward), question.name, kind)

    return file


def _is_asked(visit: Visit, question: Question) -> bool:
    """Whether all is named that it needs; what is wrong is noted."""
    say = visit.say
    if not all(visit.query(name) for name in question.needs):
        if any(visit.query(name) for name in question.needs):
            missing = next(name for name in question.needs if not visit.query(name))
            visit.errors.add(missing, say("Fill this in too."))
        return False
    for name in ("person", "ids"):
        typed = visit.query(name).split() if name in question.fields else []
        if any(as_uuid(one) is None for one in typed):
            visit.errors.add(name, say("This is no id: it has 32 digits and letters, in five groups."))
    if "category" in question.fields and visit.query("category") not in codes.CATEGORIES:
        visit.errors.add("category", say("Choose what."))
    for name in ("from", "until"):
        typed_day = visit.query(name) if name in question.fields else ""
        if typed_day and as_date(typed_day) is None:
            visit.errors.add(name, say("Type the date as day/month/year."))
    return not visit.errors


async def _consents(
    visit: Visit, view: inquiry.ConsentView.ValueType, after: str, most: int
) -> inquiry.ListConsentsResponse:
    request = inquiry.ListConsentsRequest(view=view, page_size=most, page_token=after)
    for name, days in (("from", 0), ("until", 1)):
        day = as_date(visit.query(name))
        if day is not None:
            start_of_day = datetime.combine(day, datetime.min.time(), ATHENS) + timedelta(days=days)
            getattr(request, f"{name}_time").FromDatetime(start_of_day)
    found: inquiry.ListConsentsResponse = await visit.ask(visit.hub.inquiries.ListConsents, request)
    return found


def _signed(heard: inquiry.HeardByInterpreter, visit: Visit) -> str:
    if not heard.HasField("confidentiality_signed"):
        return visit.say("not kept then")
    return visit.say("yes") if heard.confidentiality_signed else visit.say("NO")
