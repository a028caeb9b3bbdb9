"""What the agency was given and must say of, within 72 hours, what became of it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from starlette.responses import Response

from kem.disclosure.v1 import recall_service_pb2 as recall
from kernel import codes
from kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from services.console.entrypoints.codes import choices, named
from services.console.entrypoints.forms import as_uuid
from services.console.entrypoints.page import NavigationEntry, Page, Visit
from services.console.entrypoints.pages.partner.cards import PARTNER, instant
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.rendering import Written
from services.console.entrypoints.texts import N_
from services.console.entrypoints.words import names_of, word

LIST: Final = "/partner/withdrawals"
PAGE: Final = 20
"""Each with a form of its own, which makes it long."""
MOST_WORDS: Final = 2_000
_RECALLS: Final = "RecallService/"
_CAUSES: Final = {
    "WITHDRAWN": N_("The person took their consent back"),
    "EXPIRED": N_("The consent has run out"),
    "ERASED": N_("The person was erased"),
    "ENDED": N_("The consent was ended"),
    "EXCLUDED": N_("The person took their consent back"),
    "CORRECTED": N_("The person's data were corrected"),
    "OBJECTED": N_("The person objects"),
}


@dataclass(frozen=True, slots=True)
class Recalled:
    """A recall as the page shows it; `answer` is empty while it is open.

    Args:
        categories: pairs of code and name.
        given: how often; `first_day` is when first.
    """

    recall_id: str
    referral_id: str
    cause: str
    is_corrected: bool
    due_time: datetime
    is_overdue: bool
    categories: tuple[tuple[str, str], ...]
    given: int
    first_day: str
    answer: str
    answered_time: datetime | None


async def withdrawals(visit: Visit) -> Response:
    """Those that wait, the earliest due first; a form answers one of them."""
    if visit.is_sent:
        done = await _answer(visit)
        if done is not None:
            return done
    is_all = visit.query("view") == "all"
    request = recall.ListRecallsRequest(
        view=recall.RECALL_VIEW_HELD,
        filter=recall.RECALL_FILTER_ALL if is_all else recall.RECALL_FILTER_OPEN,
        page_size=PAGE,
        page_token=visit.query("after")[:200],
    )
    listed = await visit.ask(visit.hub.recalls.ListRecalls, request)
    rows = [_recalled(one, visit) for one in listed.recalls]
    sent = visit.form.text("recall_id")
    return visit.render(
        "partner/withdrawals.html",
        title=visit.say("Data to destroy"),
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        rows=rows,
        is_all=is_all,
        onward=listed.next_page_token,
        is_first=not visit.query("after"),
        grounds=choices(codes.LISTS["KEPT_GROUNDS"], visit.language),
        sent=sent,
        ids={row.recall_id: visit.form.request_id if row.recall_id == sent else str(uuid4()) for row in rows},
    )


async def _answer(visit: Visit) -> Response | None:
    """Says what was destroyed and what is kept; None where something is to be mended first."""
    form, errors, say = visit.form, visit.errors, visit.say
    recall_id = as_uuid(form.text("recall_id"))
    if recall_id is None:
        raise Invalid("The form names no recall.", reason="FORM_INCOMPLETE")
    recalled, kept = form.all("recalled"), form.all("kept")
    ground, words = form.text("kept_ground"), form.text("words")
    if not form.has("destroyed") and not set(recalled) <= set(kept):
        errors.add(_at(recall_id, "destroyed"), say("Tick that the rest is destroyed."))
    if kept and ground not in codes.LISTS["KEPT_GROUNDS"]:
        errors.add(_at(recall_id, "kept_ground"), say("Choose on what ground you must keep it."))
    if len(words) > MOST_WORDS:
        errors.add(_at(recall_id, "words"), say("That is too long: at most 2,000 characters."))
    if errors:
        return None
    request = recall.AcknowledgeRecallRequest(
        request_id=form.request_id,
        recall_id=str(recall_id),
        destroyed_categories=[one for one in recalled if one not in kept],
        kept_categories=[one for one in recalled if one in kept],
        kept_ground=ground if kept else "",
        words=words,
    )
    try:
        await visit.ask(visit.hub.recalls.AcknowledgeRecall, request)
    except (Invalid, RuleBroken, Conflict) as error:
        errors.add("", str(words_for(error, visit.language)))
        return None
    return visit.go(LIST, "recall-answered")


async def withdrawal(visit: Visit) -> Response:
    """All that one recall is of, where that is more than its list shows."""
    recall_id = as_uuid(visit.path_value("recall_id"))
    if recall_id is None:
        raise NotFound("There is nothing of this id that your agency must answer.", reason="RECALL_NOT_FOUND")
    request = recall.ListRecalledDisclosuresRequest(
        recall_id=str(recall_id), page_size=PAGE, page_token=visit.query("after")[:200]
    )
    listed = await visit.ask(visit.hub.recalls.ListRecalledDisclosures, request)
    return visit.render(
        "partner/withdrawal.html",
        title=visit.say("What you were given"),
        recall_id=str(recall_id),
        rows=[
            (instant(one, "disclosed_time"), names_of(codes.CATEGORIES, one.categories, visit.language))
            for one in listed.disclosures
        ],
        onward=listed.next_page_token,
    )


def _recalled(one: recall.Recall, visit: Visit) -> Recalled:
    cause = word(recall.RecallCause, one.cause, "RECALL_CAUSE_")
    answered, written = one.HasField("acknowledgement"), Written(visit.language)
    first = instant(one.disclosures[0], "disclosed_time") if one.disclosures else None
    return Recalled(
        recall_id=one.recall_id,
        referral_id=one.referral_id,
        cause=visit.say(_CAUSES[cause]) if cause in _CAUSES else cause,
        is_corrected=cause == "CORRECTED",
        due_time=one.due_time.ToDatetime(tzinfo=UTC),
        is_overdue=one.overdue,
        categories=tuple(
            (code, named(codes.CATEGORIES, code, visit.language)) for code in one.recalled_categories
        ),
        given=one.disclosure_count,
        first_day=written.date(first) if first else "",
        answer=_said(one.acknowledgement, visit) if answered else "",
        answered_time=instant(one.acknowledgement, "acknowledged_time") if answered else None,
    )


def _said(answer: recall.RecallAcknowledgement, visit: Visit) -> str:
    language = visit.language
    parts = []
    if answer.destroyed_categories:
        what = ", ".join(names_of(codes.CATEGORIES, answer.destroyed_categories, language))
        parts.append(visit.say("Destroyed: %(what)s.") % {"what": what})
    if answer.kept_categories:
        grounds = {**codes.LISTS["KEPT_GROUNDS"], **codes.LISTS["HUB_KEPT_GROUNDS"]}
        what = ", ".join(names_of(codes.CATEGORIES, answer.kept_categories, language))
        why = named(grounds, answer.kept_ground, language)
        parts.append(visit.say("Kept: %(what)s (%(why)s).") % {"what": what, "why": why})
    return " ".join(parts)


def _at(recall_id: object, name: str) -> str:
    """The id of a field: the page has the same form for each recall."""
    return f"{name}-{recall_id}"


PAGES: Final = (
    Page(
        LIST,
        withdrawals,
        PARTNER,
        (_RECALLS + "ListRecalls", _RECALLS + "AcknowledgeRecall"),
        ("GET", "POST"),
        nav=NavigationEntry(N_("Data to destroy"), 24),
    ),
    Page(f"{LIST}/{{recall_id}}", withdrawal, PARTNER, (_RECALLS + "ListRecalledDisclosures",)),
)
