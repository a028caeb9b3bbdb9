"""What an agency does with a referral, each by one form: answer an offer, give back, report."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final

from starlette.responses import Response

from kem.referral.v1 import referral_service_pb2 as rpc
from kernel import codes
from kernel.errors import Invalid
from services.console.entrypoints.forms import as_date, as_uuid
from services.console.entrypoints.page import Visit
from services.console.entrypoints.pages.partner.attempts import record_try
from services.console.entrypoints.rendering import ATHENS

LIST: Final = "/partner"
MOST_WORDS: Final = 2_000


def path_of(referral_id: str) -> str:
    """The address of a referral's page."""
    return f"{LIST}/referrals/{referral_id}"


async def accept(visit: Visit) -> Response | None:
    """Takes it up, or confirms after an assessment."""
    return await _accept(visit, for_assessment=False)


async def accept_for_assessment(visit: Visit) -> Response | None:
    """Sees the person first."""
    return await _accept(visit, for_assessment=True)


async def _accept(visit: Visit, *, for_assessment: bool) -> Response | None:
    request = rpc.AcceptOfferRequest(
        request_id=visit.form.request_id, offer_id=_offer_id(visit), for_assessment=for_assessment
    )
    await visit.ask(visit.hub.referral.AcceptOffer, request)
    return visit.go(
        path_of(_referral_id(visit)), "offer-accepted-for-assessment" if for_assessment else "offer-accepted"
    )


async def decline(visit: Visit) -> Response | None:
    """Says no, with a reason of the blind list."""
    reason, text = _reason(visit, "DECLINE", "decline_reason", "decline_text")
    if visit.errors:
        return None
    request = rpc.DeclineOfferRequest(
        request_id=visit.form.request_id, offer_id=_offer_id(visit), reason=reason, text=text
    )
    await visit.ask(visit.hub.referral.DeclineOffer, request)
    return visit.go(LIST, "offer-declined")


async def put_on_waiting_list(visit: Visit) -> Response | None:
    """No place now; the person decides whether to wait."""
    typed = visit.form.text("estimated_date")
    day = as_date(typed)
    if typed and day is None:
        visit.errors.add("estimated_date", visit.say("Type a day like 26/11/2026, or leave it empty."))
        return None
    request = rpc.WaitlistOfferRequest(
        request_id=visit.form.request_id,
        offer_id=_offer_id(visit),
        estimated_date=day.isoformat() if day else "",
    )
    await visit.ask(visit.hub.referral.WaitlistOffer, request)
    return visit.go(LIST, "offer-waitlisted")


async def ask_sender(visit: Visit) -> Response | None:
    """A question before the answer."""
    question = _words(visit, "question")
    if len(question) < 3:
        visit.errors.add("question", visit.say("Write what you need to know."))
    if visit.errors:
        return None
    request = rpc.RequestInformationRequest(
        request_id=visit.form.request_id, offer_id=_offer_id(visit), question=question
    )
    await visit.ask(visit.hub.referral.RequestInformation, request)
    return visit.go(path_of(_referral_id(visit)), "question-asked")


async def give_back(visit: Visit) -> Response | None:
    """After it was taken up."""
    reason, text = _reason(visit, "RETURN", "return_reason", "return_text")
    if visit.errors:
        return None
    request = rpc.ReturnReferralRequest(
        request_id=visit.form.request_id, referral_id=_referral_id(visit), reason=reason, text=text
    )
    await visit.ask(visit.hub.referral.ReturnReferral, request)
    return visit.go(f"{LIST}/held", "referral-returned")


async def start(visit: Visit) -> Response | None:
    """The service has begun."""
    happened = _happened(visit, "started_date")
    if visit.errors:
        return None
    request = rpc.StartServiceRequest(request_id=visit.form.request_id, referral_id=_referral_id(visit))
    _set_time(request.happened_time, happened)
    await visit.ask(visit.hub.referral.StartService, request)
    return visit.go(path_of(_referral_id(visit)), "service-started")


async def complete(visit: Visit) -> Response | None:
    """The service is done."""
    outcome, confirmed_by = visit.form.text("outcome"), visit.form.text("confirmed_by")
    if outcome not in codes.REASONS["OUTCOME"]:
        visit.errors.add("outcome", visit.say("Choose what came of it."))
    if confirmed_by not in codes.REASONS["OUTCOME_CONFIRMED_BY"]:
        visit.errors.add("confirmed_by", visit.say("Choose who has confirmed it."))
    happened = _happened(visit, "completed_date")
    if visit.errors:
        return None
    request = rpc.CompleteReferralRequest(
        request_id=visit.form.request_id,
        referral_id=_referral_id(visit),
        outcome=outcome,
        confirmed_by=confirmed_by,
    )
    _set_time(request.happened_time, happened)
    await visit.ask(visit.hub.referral.CompleteReferral, request)
    return visit.go(path_of(_referral_id(visit)), "referral-completed")


async def close_not_completed(visit: Visit) -> Response | None:
    """It ended before it was done."""
    reason, text = _reason(visit, "NOT_COMPLETED", "closing_reason", "closing_text")
    happened = _happened(visit, "closed_date")
    if visit.errors:
        return None
    request = rpc.CloseNotCompletedRequest(
        request_id=visit.form.request_id, referral_id=_referral_id(visit), reason=reason, text=text
    )
    _set_time(request.happened_time, happened)
    await visit.ask(visit.hub.referral.CloseNotCompleted, request)
    return visit.go(path_of(_referral_id(visit)), "referral-not-completed")


async def try_to_reach(visit: Visit) -> Response | None:
    """Somebody has called, or written."""
    done = await record_try(visit, _referral_id(visit))
    return visit.go(path_of(_referral_id(visit)), "try-recorded") if done else None


STEPS: Final[Mapping[str, Callable[[Visit], Awaitable[Response | None]]]] = {
    "accept": accept,
    "accept-for-assessment": accept_for_assessment,
    "decline": decline,
    "wait": put_on_waiting_list,
    "ask": ask_sender,
    "return": give_back,
    "start": start,
    "complete": complete,
    "not-completed": close_not_completed,
    "try": try_to_reach,
}
"""By what the form of the step says it is. None is answered where something is to be mended first."""

_FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "decline": {"TEXT": "decline_text", "REASON": "decline_reason"},
    "wait": {"DATE": "estimated_date"},
    "ask": {"TEXT": "question"},
    "return": {"TEXT": "return_text", "REASON": "return_reason"},
    "start": {"DATE": "started_date"},
    "complete": {"DATE": "completed_date"},
    "not-completed": {"TEXT": "closing_text", "REASON": "closing_reason", "DATE": "closed_date"},
    "try": {"DATE": "try_day"},
}
_ABOUT: Final[Mapping[str, str]] = {
    "TEXT_NEEDED": "TEXT",
    "TEXT_NOT_TAKEN": "TEXT",
    "QUESTION_NOT_ASKED": "REASON",
    "PLACE_HELD": "REASON",
    "CONTACT_ATTEMPTS_MISSING": "REASON",
    "DATE_IN_THE_PAST": "DATE",
    "HAPPENED_IN_THE_FUTURE": "DATE",
    "HAPPENED_TOO_EARLY": "DATE",
}


def field_of(step: str, stable_reason: str) -> str:
    """At which field of the step's form a refusal is shown; empty: above all of them."""
    return _FIELDS.get(step, {}).get(_ABOUT.get(stable_reason, ""), "")


def _referral_id(visit: Visit) -> str:
    return visit.path_value("referral_id")


def _offer_id(visit: Visit) -> str:
    found = as_uuid(visit.form.text("offer_id"))
    if found is None:
        raise Invalid("The form names no offer.", reason="FORM_INCOMPLETE")
    return str(found)


def _reason(visit: Visit, list_name: str, name: str, text_name: str) -> tuple[str, str]:
    """The reason and its words, which are only sent where it needs some."""
    reason = codes.REASONS[list_name].get(visit.form.text(name))
    if reason is None:
        visit.errors.add(name, visit.say("Choose a reason."))
        return "", ""
    text = _words(visit, text_name) if reason.needs_text else ""
    if reason.needs_text and not text:
        visit.errors.add(text_name, visit.say("Write in a few words what the reason is."))
    return reason.code, text


def _words(visit: Visit, name: str) -> str:
    text = visit.form.text(name)
    if len(text) > MOST_WORDS:
        visit.errors.add(name, visit.say("That is too long: at most 2,000 characters."))
    return text


def _happened(visit: Visit, name: str) -> datetime | None:
    """The end of a past day; None for today and where no day is typed: now."""
    typed = visit.form.text(name)
    day = as_date(typed)
    today = datetime.now(ATHENS).date()
    if typed and day is None:
        visit.errors.add(name, visit.say("Type a day like 26/11/2026."))
    elif day is not None and day > today:
        visit.errors.add(name, visit.say("That day is still to come."))
    elif day is not None and day < today:
        midnight = datetime.combine(day + timedelta(days=1), time(), ATHENS)
        return midnight - timedelta(minutes=1)
    return None


def _set_time(stamp: Any, instant: datetime | None) -> None:
    if instant is not None:
        stamp.FromDatetime(instant)
