"""One referral: its card, what may be done with it, and who it is, once the agency has taken it up."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from starlette.responses import Response

from kem.disclosure.v1 import disclosure_service_pb2 as disclosure
from kem.referral.v1 import referral_pb2
from kem.referral.v1 import referral_service_pb2 as rpc
from kernel import codes
from kernel.errors import Conflict, Invalid, KemError, NotFound, RuleBroken
from services.console.adapters.names import Names
from services.console.entrypoints.codes import choices, name_of, named
from services.console.entrypoints.forms import as_uuid, new_request_id
from services.console.entrypoints.page import Page, Visit
from services.console.entrypoints.pages.partner.attempts import CALLS as ATTEMPT_CALLS
from services.console.entrypoints.pages.partner.attempts import tries
from services.console.entrypoints.pages.partner.cards import (
    LIST_SERVICES,
    PARTNER,
    Card,
    card_of,
    instant,
    known_services,
    until_when,
)
from services.console.entrypoints.pages.partner.disclosed import Disclosed, disclosed_of
from services.console.entrypoints.pages.partner.steps import STEPS, field_of
from services.console.entrypoints.refusals import words_for
from services.console.entrypoints.words import CHANNELS

_REFERRALS: Final = "ReferralService/"
_CALLS: Final = (
    *(
        _REFERRALS + method
        for method in (
            "GetReferral",
            "AcknowledgeOffer",
            "AcceptOffer",
            "DeclineOffer",
            "WaitlistOffer",
            "RequestInformation",
            "ReturnReferral",
            "StartService",
            "CompleteReferral",
            "CloseNotCompleted",
        )
    ),
    "DisclosureService/GetDisclosure",
    *ATTEMPT_CALLS,
    LIST_SERVICES,
)
_MENDABLE: Final = (Invalid, RuleBroken, Conflict)
SHOW: Final = "show"
"""The step that asks who it is."""


@dataclass(frozen=True, slots=True)
class Note:
    """A text that went with the offer: what it is, when it was written, and its words."""

    title: str
    time: datetime | None
    text: str


async def referral(names: Names, visit: Visit) -> Response:
    """Its page, or what a form there asks for; a form sent twice is done once and leads to the same place."""
    _must_be_id(visit.path_value("referral_id"))
    if not visit.is_sent:
        return await _page(names, visit)
    step = visit.form.text("step")
    try:
        if step == SHOW:
            return await _page(names, visit, await _disclosure(visit))
        if step not in STEPS:
            raise Invalid("The form does not say what is to be done.", reason="FORM_INCOMPLETE")
        done = await STEPS[step](visit)
        return done if done is not None else await _page(names, visit)
    except _MENDABLE as error:
        visit.errors.add(field_of(step, error.stable_reason), str(words_for(error, visit.language)))
        return await _page_after(names, visit, error)


async def _page_after(names: Names, visit: Visit, refusal: KemError) -> Response:
    """The page with what is wrong; where the agency no longer sees the referral, only that is said."""
    try:
        return await _page(names, visit)
    except NotFound:
        raise refusal from None


async def _page(names: Names, visit: Visit, disclosed: Disclosed | None = None) -> Response:
    request = rpc.GetReferralRequest(referral_id=visit.path_value("referral_id"))
    answer, services = await asyncio.gather(
        visit.ask(visit.hub.referral.GetReferral, request), known_services(names, visit)
    )
    seen = answer.referral
    card = card_of(seen, visit, services)
    if card.is_open and not card.is_opened and card.offered is not None:
        opened = rpc.AcknowledgeOfferRequest(request_id=str(uuid4()), offer_id=card.offered.offer_id)
        await visit.ask(visit.hub.referral.AcknowledgeOffer, opened)
    language, sent = visit.language, visit.form.text("step")
    questions = [one for one in _notes(card) if one.kind == "QUESTION"]
    return visit.render(
        "partner/referral.html",
        title=card.service or visit.say("Referral"),
        code=HTTPStatus.BAD_REQUEST if visit.errors else HTTPStatus.OK,
        card=card,
        # each form has an id of its own; one that is to be mended keeps its id
        ids={
            step: visit.form.request_id if visit.errors and step == sent else new_request_id()
            for step in (*STEPS, SHOW)
        },
        notes=[_note(one, visit) for one in _notes(card)],
        disclosed=disclosed,
        until=until_when(card, visit),
        tries=await tries(visit, card.referral_id) if card.is_held else (),
        channels=[(code, visit.say(text)) for code, text in CHANNELS.items()],
        results=[("REACHED", visit.say("Reached")), ("NOT_REACHED", visit.say("Not reached"))],
        outcome=_outcome(seen, language),
        decline_reasons=_reasons("DECLINE", language, was_asked=bool(questions)),
        return_reasons=_reasons("RETURN", language),
        closing_reasons=_reasons("NOT_COMPLETED", language),
        outcomes=choices(codes.REASONS["OUTCOME"], language),
        confirmers=choices(codes.REASONS["OUTCOME_CONFIRMED_BY"], language),
    )


async def _disclosure(visit: Visit) -> Disclosed:
    """What the agency may see of the person; the hub records that it was asked for."""
    request = disclosure.GetDisclosureRequest(
        request_id=visit.form.request_id, referral_id=visit.path_value("referral_id")
    )
    return disclosed_of(await visit.ask(visit.hub.disclosure.GetDisclosure, request), visit)


def _notes(card: Card) -> Sequence[referral_pb2.OfferNote]:
    return card.offered.notes if card.offered is not None else ()


def _note(note: referral_pb2.OfferNote, visit: Visit) -> Note:
    titles = {
        "QUESTION": visit.say("You asked"),
        "ANSWER": visit.say("The answer"),
        "DECLINE": visit.say("Why it was declined"),
        "RETURN": visit.say("Why it was given back"),
        "NOT_COMPLETED": visit.say("Why it was not completed"),
    }
    return Note(titles.get(note.kind, note.kind), instant(note, "written_time"), note.text)


def _reasons(list_name: str, language: str, *, was_asked: bool = True) -> list[tuple[codes.Reason, str]]:
    """The reasons of a list with their names, without one that needs a question where none was asked."""
    return [
        (reason, name_of(reason, language))
        for reason in codes.REASONS[list_name].values()
        if was_asked or reason.only_after != "QUESTION"
    ]


def _outcome(seen: referral_pb2.Referral, language: str) -> tuple[str, str, str]:
    """Outcome, who confirmed it, and the reason of another end; empty where there is none."""
    return (
        named(codes.REASONS["OUTCOME"], seen.outcome, language),
        named(codes.REASONS["OUTCOME_CONFIRMED_BY"], seen.outcome_confirmed_by, language),
        named({**codes.REASONS["CANCEL"], **codes.REASONS["NOT_COMPLETED"]}, seen.reason, language),
    )


def _must_be_id(text: str) -> None:
    if as_uuid(text) is None:
        raise NotFound("There is no such referral for your agency.", reason="REFERRAL_NOT_FOUND")


def pages(names: Names) -> tuple[Page, ...]:
    """At its address."""
    act = partial(referral, names)
    return (Page("/partner/referrals/{referral_id}", act, PARTNER, _CALLS, ("GET", "POST")),)
