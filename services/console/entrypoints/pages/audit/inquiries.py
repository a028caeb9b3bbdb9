"""Questions that no entry may answer: who saw something of a person, who is whom, how consents were given."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from kem.disclosure.v1 import authority_service_pb2 as authorities
from kem.disclosure.v1 import inquiry_service_pb2 as inquiry
from kem.intake.v1 import consent_pb2
from kernel import codes
from services.console.adapters.names import Names
from services.console.entrypoints.codes import named
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.audit.answers import Answer
from services.console.entrypoints.pages.audit.asking import Asking, Question, start_of_field
from services.console.entrypoints.pages.audit.inquiry_words import AUTHORITIES, GIVERS, HOW, MODES
from services.console.entrypoints.pages.audit.kinds import BASES
from services.console.entrypoints.pages.audit.ledger_questions import entry_links, search_link
from services.console.entrypoints.pages.audit.people import MOST_NAMES, people
from services.console.entrypoints.pages.audit.shown_by import CALLS, CONSENTED, DISCLOSED, shown_by
from services.console.entrypoints.rendering import bidi
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import age, names_of

SEEN: Final = Question(
    "seen",
    N_("Who was given something of a person: when, by whom, for what, under which text?"),
    "PEOPLE",
    ("InquiryService/ListDisclosures", *CALLS),
    ("person", "category"),
    ("person", "category"),
)
WHO: Final = Question(
    "who",
    N_("Which named person is it whom an entry knows by a random id?"),
    "PEOPLE",
    (),
    ("ids",),
    ("ids",),
)
CHILDREN: Final = Question(
    "children",
    N_("Of each child: who authorised, by which document, which authority knew when?"),
    "SAFEGUARDS",
    ("InquiryService/ListConsents", *CALLS),
    ("from", "until"),
    is_asked_at_once=True,
)
INTERPRETERS: Final = Question(
    "interpreters",
    N_("What did interpreters hear, and had they signed confidentiality?"),
    "SAFEGUARDS",
    ("InquiryService/ListConsents", *CALLS),
    ("from", "until"),
    is_asked_at_once=True,
)
QUESTIONS: Final = (SEEN, WHO, CHILDREN, INTERPRETERS)


class InquiryPages:
    """These questions."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._asking = Asking(names)

    @property
    def pages(self) -> tuple[Page, ...]:
        """At their addresses."""
        asks = {SEEN: self._seen, WHO: self._who, CHILDREN: self._children, INTERPRETERS: self._interpreters}
        return tuple(page for question, ask in asks.items() for page in self._asking.pages(question, ask))

    async def _seen(self, visit: Visit, after: str, most: int) -> Answer:
        request = inquiry.ListDisclosuresRequest(
            beneficiary_id=visit.query("person"),
            category=visit.query("category"),
            page_size=most,
            page_token=after,
        )
        listed = await visit.ask(visit.hub.inquiries.ListDisclosures, request)
        who = await people(visit, self._names, (one.principal_id for one in listed.disclosures))
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
        return await _answer(visit, Answer(columns, rows, about, listed.next_page_token), DISCLOSED)

    async def _who(self, visit: Visit, after: str, most: int) -> Answer:
        wanted = list(dict.fromkeys(str(as_uuid(one)) for one in visit.query("ids").split() if as_uuid(one)))
        who, say = await people(visit, self._names, wanted[:MOST_NAMES]), visit.say
        columns = {"id": say("Id"), "name": say("Name"), "agency": say("Agency"), "roles": say("Roles now")}
        rows = []
        for one in wanted[:MOST_NAMES]:
            found = who.staff.get(one)
            agency = who.agency(found.agency_id) if found is not None else ""
            rows.append((one, who.name(one), agency, ", ".join(found.roles) if found is not None else ""))
        return Answer(columns, rows)

    async def _children(self, visit: Visit, after: str, most: int) -> Answer:
        listed = await _consents(visit, inquiry.CONSENT_VIEW_CHILDREN, after, most)
        who, say = (
            await people(visit, self._names, (one.obtained_by_id for one in listed.consents)),
            visit.say,
        )
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
        about = [one.consent_id for one in listed.consents]
        return await _answer(visit, Answer(columns, rows, about, listed.next_page_token), CONSENTED)

    async def _interpreters(self, visit: Visit, after: str, most: int) -> Answer:
        listed = await _consents(visit, inquiry.CONSENT_VIEW_INTERPRETED, after, most)
        who, say = (
            await people(visit, self._names, (one.obtained_by_id for one in listed.consents)),
            visit.say,
        )
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
        about = [one.consent_id for one in listed.consents]
        return await _answer(visit, Answer(columns, rows, about, listed.next_page_token), CONSENTED)


async def _answer(visit: Visit, answer: Answer, kinds: Sequence[str]) -> Answer:
    """With the ways from each row to its entries of these kinds; until there is one, to whatever names it."""
    entries = await shown_by(visit, answer.about, kinds)
    ways = [
        entry_links(places) if places else search_link(visit, about)
        for about, places in zip(answer.about, entries, strict=True)
    ]
    shown = [[*map(bidi, row), way] for row, way in zip(answer.rows, ways, strict=True)]
    return replace(answer, shown=shown, entries=entries)


async def _consents(
    visit: Visit, view: inquiry.ConsentView.ValueType, after: str, most: int
) -> inquiry.ListConsentsResponse:
    request = inquiry.ListConsentsRequest(view=view, page_size=most, page_token=after)
    for name in ("from", "until"):
        if (day := start_of_field(visit, name)) is not None:
            getattr(request, f"{name}_time").FromDatetime(day)
    found: inquiry.ListConsentsResponse = await visit.ask(visit.hub.inquiries.ListConsents, request)
    return found


def _signed(heard: inquiry.HeardByInterpreter, visit: Visit) -> str:
    if not heard.HasField("confidentiality_signed"):
        return visit.say("not kept then")
    return visit.say("yes") if heard.confidentiality_signed else visit.say("NO")
