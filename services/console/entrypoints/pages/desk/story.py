"""What has become of a referral, in the words of the desk: where it stands, and each step with its time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from markupsafe import escape

from kem.common.v1.common_pb2 import URGENCY_EMERGENCY
from kem.directory.v1.directory_pb2 import Agency, ListedService
from kem.referral.v1 import referral_pb2 as messages
from kernel.codes import REASONS
from services.console.entrypoints.codes import named, text_of
from services.console.entrypoints.rendering import Written, bidi
from services.console.entrypoints.words import REFERRAL_STATES, STATE_COLOURS

_OFFER: Final = messages.OfferState
_STATE: Final = messages.ReferralState
FINAL: Final = frozenset({"COMPLETED", "NOT_COMPLETED", "WITHDRAWN", "CANCELLED", "ENTERED_IN_ERROR"})
HELD: Final = frozenset({"ACCEPTED_FOR_ASSESSMENT", "ACCEPTED", "IN_SERVICE"})
OPEN_OFFERS: Final = frozenset({"SENT", "NEEDS_INFORMATION"})


@dataclass(frozen=True, slots=True)
class Directory:
    """The names that a story needs."""

    agencies: Mapping[str, Agency]
    services: Mapping[str, ListedService]
    language: str

    def agency(self, agency_id: str) -> str:
        """Its name; empty where the reader may not know whose it is."""
        found = self.agencies.get(agency_id)
        return text_of(found.name, self.language) if found is not None else ""

    def service(self, service_id: str) -> str:
        """Its name; empty likewise."""
        found = self.services.get(service_id)
        return text_of(found.service.name, self.language) if found is not None else ""


@dataclass(frozen=True, slots=True)
class Moment:
    """One step: what happened, when, and what goes with it."""

    title: str
    time: datetime
    text: str = ""


def state_of(referral: messages.Referral) -> str:
    """Its state as a code."""
    return _STATE.Name(referral.state).removeprefix("REFERRAL_STATE_")


def offer_state_of(offer: messages.Offer) -> str:
    """Its state as a code."""
    return _OFFER.Name(offer.state).removeprefix("OFFER_STATE_")


def state_names(say: Any) -> Mapping[str, str]:
    """Each state as people call it."""
    return {code: say(text) for code, text in REFERRAL_STATES.items()}


def colour_of(state: str) -> str:
    """Of its tag."""
    return STATE_COLOURS.get(state, "grey")


def open_offer(referral: messages.Referral) -> messages.Offer | None:
    """The offer that waits for an answer."""
    return next((one for one in referral.offers if offer_state_of(one) in OPEN_OFFERS), None)


@dataclass(frozen=True, slots=True)
class CallToMake:
    """An agency that is to be called now.

    Args:
        number: by which; empty where the directory has none.
        who: whom; empty where the reader may not know of the service.
    """

    number: str
    who: str


def call_to_make(referral: messages.Referral, urgency: int, directory: Directory) -> CallToMake | None:
    """Whom to call, where nobody at the agency asked has opened an emergency; None where nobody is to be."""
    offer = open_offer(referral)
    if urgency != URGENCY_EMERGENCY or offer is None or offer.HasField("acknowledged_time"):
        return None
    return CallToMake(
        offer.duty_phone, directory.service(offer.service_id) or directory.agency(offer.agency_id)
    )


def is_overdue(referral: messages.Referral, now: datetime) -> bool:
    """Whether the person should have had a positive answer by now."""
    if state_of(referral) in FINAL | HELD or not referral.HasField("person_due_time"):
        return False
    return referral.person_due_time.ToDatetime(tzinfo=UTC) <= now


def moments(referral: messages.Referral, directory: Directory, say: Any) -> list[Moment]:
    """Every step that is known, the latest first."""
    return latest_first(*_moments(referral, directory, say))


def latest_first(*of_all: Moment) -> list[Moment]:
    """In the order in which people look for them."""
    return sorted(of_all, key=lambda one: one.time, reverse=True)


def _moments(referral: messages.Referral, directory: Directory, say: Any) -> Iterator[Moment]:
    yield Moment(say("The need was recorded"), referral.recorded_time.ToDatetime(tzinfo=UTC))
    for offer in referral.offers:
        yield from _of_offer(offer, directory, lambda text: escape(say(text)))
    if referral.HasField("started_time"):
        yield Moment(say("The service began"), referral.started_time.ToDatetime(tzinfo=UTC))
    if referral.HasField("closed_time"):
        at, language = referral.closed_time.ToDatetime(tzinfo=UTC), directory.language
        outcome = named(REASONS["OUTCOME"], referral.outcome, language) if referral.outcome else ""
        reason = _reason(referral.reason, language)
        yield Moment(state_names(say)[state_of(referral)], at, outcome or reason)


def _of_offer(offer: messages.Offer, directory: Directory, say: Any) -> Iterator[Moment]:
    who = directory.service(offer.service_id) or directory.agency(offer.agency_id)
    who = bidi(who or say("a service that is not named here"))
    yield Moment(say("Asked: %(who)s") % {"who": who}, offer.offered_time.ToDatetime(tzinfo=UTC))
    if offer.HasField("acknowledged_time"):
        opened = say("Somebody there has opened it: %(who)s") % {"who": who}
        yield Moment(opened, offer.acknowledged_time.ToDatetime(tzinfo=UTC))
    for note in offer.notes:
        kinds = {"QUESTION": say("They ask"), "ANSWER": say("Our answer")}
        if note.kind in kinds and note.text:
            yield Moment(kinds[note.kind], note.written_time.ToDatetime(tzinfo=UTC), note.text)
    ends = {
        "ACCEPTED": say("Accepted: %(who)s"),
        "ACCEPTED_FOR_ASSESSMENT": say("Will meet the person first: %(who)s"),
        "WAITLISTED": say("On the waiting list: %(who)s"),
        "DECLINED": say("Declined: %(who)s"),
        "EXPIRED": say("Did not answer in time: %(who)s"),
        "REVOKED": say("Taken back: %(who)s"),
        "RETURNED": say("Taken up, then given back: %(who)s"),
    }
    state = offer_state_of(offer)
    if state in ends and offer.HasField("ended_time"):
        words = [one.text for one in offer.notes if one.kind in ("DECLINE", "RETURN") and one.text]
        text = " — ".join([_reason(offer.reason, directory.language), *words]).strip(" —")
        if offer.estimated_date:
            day = Written(directory.language).date(date.fromisoformat(offer.estimated_date))
            text = say("A place may be free on %(day)s") % {"day": day}
        yield Moment(ends[state] % {"who": who}, offer.ended_time.ToDatetime(tzinfo=UTC), text)


def _reason(code: str, language: str) -> str:
    if not code:
        return ""
    for entries in REASONS.values():
        if code in entries:
            return named(entries, code, language)
    return code
