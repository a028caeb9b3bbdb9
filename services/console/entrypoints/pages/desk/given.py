"""What agencies were given of somebody, in words and times, never values: for the case's line of time."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from markupsafe import Markup, escape

from kem.disclosure.v1 import case_disclosure_service_pb2 as messages
from kem.disclosure.v1.emergency_service_pb2 import HANDOVER_ANSWER_NOT_TAKEN, HANDOVER_ANSWER_TAKEN
from kem.disclosure.v1.inquiry_service_pb2 import DisclosureKind
from kem.disclosure.v1.recall_service_pb2 import RecallCause
from kernel.codes import CATEGORIES
from kernel.errors import Exhausted, Unavailable
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.desk.story import Directory, Moment
from services.console.entrypoints.pages.desk.timeline import Step
from services.console.entrypoints.rendering import Written, bidi
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import RECALL_CAUSES, names_of, word

LIST_GIVEN: Final = "CaseDisclosureService/ListCaseDisclosures"
MOST_LINES: Final = 1000
"""Of one case on a page; whoever has more is told so."""
_A_CALL: Final = 200
_PATIENCE_SECONDS: Final = 1.5
"""For all calls together."""
_WAYS: Final[Mapping[str, str]] = {
    "PULLED": N_("Was given data, by the hub: %(who)s"),
    "VERBAL": N_("Was given data, by telephone: %(who)s"),
    "EMERGENCY": N_("Was given data in an emergency, by the hub: %(who)s"),
}
_REFUSALS: Final[Mapping[str, str]] = {
    "NEED_WITHDRAWN": N_("The person asks for it no longer."),
    "NO_AGREEMENT": N_("The City has no agreement with them that covers it."),
    "CONSENT_NOT_IN_FORCE": N_("The person's consent does not, or no longer, permit it."),
    "CORRECTED_SINCE": N_("It was corrected since: they have to read it anew."),
}

log = structlog.get_logger(__name__)

Given = messages.ListCaseDisclosuresResponse


async def given_soon(visit: Visit, referral_id: str | None = None, most: int = MOST_LINES) -> Given | None:
    """Of the person of the address, all that there is, the newest first; nearly everybody's by one call.

    None where it is not answered soon: a case is read without, and says so. Where there are more than `most`,
    or only the first ones were answered soon, `next_page_token` says that some are missing.

    Args:
        referral_id: for this one only.
    """
    clock = asyncio.get_running_loop()
    until, found = clock.time() + _PATIENCE_SECONDS, None
    while found is None or (found.next_page_token and len(found.disclosures) < most):
        request = messages.ListCaseDisclosuresRequest(
            beneficiary_id=visit.path_value("person"),
            referral_id=referral_id,
            page_size=min(most, _A_CALL),
            page_token="" if found is None else found.next_page_token,
        )
        try:
            answer: Given = await visit.ask(
                visit.hub.given.ListCaseDisclosures, request, timeout=max(until - clock.time(), 0.01)
            )
        except (Unavailable, Exhausted) as error:
            log.warning("case_without_what_was_given", reason=error.stable_reason)
            break
        if found is None:
            found = answer
        else:
            found.disclosures.extend(answer.disclosures)
            found.next_page_token = answer.next_page_token
    return found


def steps_of_given(
    person_id: str, given: Given | None, about: Mapping[str, str], directory: Directory, visit: Visit
) -> Iterator[Step]:
    """As steps of the case, each leading to its referral.

    Args:
        about: what each referral is for, by its id.
    """
    for referral_id, moment in _moments(given, directory, visit):
        text = " — ".join(part for part in (about.get(referral_id, ""), moment.text) if part)
        href = f"/desk/people/{person_id}/referrals/{referral_id}"
        yield Step(moment.title, moment.time, text, href)


def moments_of_given(given: Given | None, directory: Directory, visit: Visit) -> list[Moment]:
    """The same for the page of the referral for which it was given."""
    return [moment for _, moment in _moments(given, directory, visit)]


def _moments(given: Given | None, directory: Directory, visit: Visit) -> Iterator[tuple[str, Moment]]:
    """With the referral of each. What is asked back of several lines is asked back once."""
    recalls: set[str] = set()
    for one in given.disclosures if given is not None else ():
        who = named_or_not(one.agency_id, directory, visit)
        yield one.referral_id, _of_one(one, who, visit)
        for asked in one.recalls:
            if asked.recall_id not in recalls:
                recalls.add(asked.recall_id)
                yield from ((one.referral_id, moment) for moment in _of_recall(asked, who, visit))


def _of_one(one: messages.CaseDisclosure, who: Markup, visit: Visit) -> Moment:
    say, at = visit.say, _at(one.first_time)
    if one.refusal_reason:
        reason = _REFUSALS.get(one.refusal_reason)
        words = (say(reason) if reason else one.refusal_reason, _again(one, visit))
        title = _title(say("Asked for data and was given nothing: %(who)s"), who)
        return Moment(title, at, " ".join(filter(None, words)))
    kind = word(DisclosureKind, one.kind, "DISCLOSURE_KIND_")
    return Moment(_title(say(_WAYS[kind]), who), at, _text(one, visit))


def _text(one: messages.CaseDisclosure, visit: Visit) -> str:
    say = visit.say
    parts = [f"{_listed(one.categories, visit)}."]
    if one.answer == HANDOVER_ANSWER_TAKEN:
        parts.append(say("They take the person") + ".")
    elif one.answer == HANDOVER_ANSWER_NOT_TAKEN:
        parts.append(say("They do not") + ".")
    if "VITAL_INTEREST" in one.legal_bases:
        parts.append(say("More than the person has agreed to: for life or safety."))
    parts.append(_again(one, visit))
    if one.HasField("permitted_until_time"):
        day = Written(visit.language).date(_at(one.permitted_until_time))
        parts.append(say("The person permits it until %(day)s.") % {"day": day})
    return " ".join(filter(None, parts))


def _again(one: messages.CaseDisclosure, visit: Visit) -> str:
    if one.times < 2:
        return ""
    last = Written(visit.language).datetime(_at(one.last_time))
    return visit.say("%(times)s times, the last time on %(time)s.") % {"times": one.times, "time": last}


def _of_recall(asked: messages.CaseRecall, who: Markup, visit: Visit) -> Iterator[Moment]:
    say = visit.say
    yield Moment(title_of_recall(asked, who, visit), _at(asked.opened_time), words_of_recall(asked, visit))
    if asked.HasField("acknowledged_time"):
        said = [
            say(text) % {"what": _listed(categories, visit)}
            for text, categories in (
                (N_("Destroyed: %(what)s."), asked.destroyed_categories),
                (N_("Kept: %(what)s."), asked.kept_categories),
            )
            if categories
        ]
        title = say("Have said what they destroyed: %(who)s")
        yield Moment(_title(title, who), _at(asked.acknowledged_time), " ".join(said))


def title_of_recall(asked: messages.CaseRecall, who: Markup, visit: Visit) -> Markup:
    """What an agency is asked to do with what it was given."""
    say = visit.say
    title = say("Asked to destroy what they were given: %(who)s")
    if word(RecallCause, asked.cause, "RECALL_CAUSE_") == "CORRECTED":
        title = say("Asked to replace what was corrected: %(who)s")
    return _title(title, who)


def words_of_recall(asked: messages.CaseRecall, visit: Visit) -> str:
    """Why, which kinds of data, and until when an answer is due where there is none."""
    say, cause = visit.say, word(RecallCause, asked.cause, "RECALL_CAUSE_")
    words = [f"{say(RECALL_CAUSES.get(cause, cause))}: {_listed(asked.categories, visit)}."]
    if not asked.HasField("acknowledged_time"):
        due = Written(visit.language).datetime(_at(asked.due_time))
        words.append(say("An answer is due by %(time)s.") % {"time": due})
    return " ".join(words)


def named_or_not(agency_id: str, directory: Directory, visit: Visit) -> Markup:
    """An agency as the page calls it."""
    return bidi(directory.agency(agency_id) or visit.say("an agency that is not named here"))


def _title(text: str, who: Markup) -> Markup:
    """Of a step; a name keeps to its own direction."""
    return escape(text) % {"who": who}


def _listed(categories: Sequence[str], visit: Visit) -> str:
    return ", ".join(names_of(CATEGORIES, categories, visit.language))


def _at(stamp: Any) -> datetime:
    found: datetime = stamp.ToDatetime(tzinfo=UTC)
    return found
