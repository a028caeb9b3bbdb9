"""What each fact says in a sentence: from the event alone, so a reason that may not travel stays withheld."""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, Final

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kem.common.v1.common_pb2 import Urgency
from kernel.codes import WITHHELD, reason
from kernel.errors import Invalid
from tools.trace.story import Names, athens

Say = Callable[[Any, Names], str]


def say(fact: Message, names: Names) -> str:
    """One sentence about a fact of kem.referral.v1; a fact without one is named."""
    sentence = SAYINGS.get(fact.DESCRIPTOR.name)
    return sentence(fact, names) if sentence else fact.DESCRIPTOR.name


def _because(list_name: str, code: str) -> str:
    if code == WITHHELD:
        return "for a reason that is read by those concerned only"
    try:
        return f"because: {reason(list_name, code).en.lower()}"
    except Invalid:
        return f"because: {code}"


def _at(stamp: Timestamp) -> str:
    return athens(stamp.ToDatetime(tzinfo=UTC))


_AWAITING: Final = {
    "ASK_FIRST": "the person chooses among {proposals} proposed services",
    "HOLD": "nothing is sent until somebody says so",
    "LIST_ENDED": "everybody on the person's list was asked",
    WITHHELD: "for a reason that is read by those concerned only",
    "WAIT_OFFERED": "the person decides whether to wait for a place",
    "TAKEN_BY_PHONE": "another agency than the one that was asked said on the telephone that it takes them",
    "PERSON_CLOCK_ENDED": "the time in which the person should have had an answer has run out",
}
_REMATCHED: Final = {
    "DIRECTORY_CHANGED": "services have changed",
    "PROFILE_CHANGED": "what may be known of the person has changed",
    "PLACE_FREED": "a place has become free",
    "SERVICE_SUSPENDED": "the service was suspended",
    "HANDOVER_REFUSED": "the agency said no by telephone",
    "CONSENT_WITHDRAWN": "the consent for that agency was withdrawn",
}
_STAGES: Final = {
    "HALF": "half of the time has passed",
    "FOUR_FIFTHS": "four fifths of the time have passed",
}


def _accepted(fact: Any, names: Names) -> str:
    how = "to assess before it commits" if fact.for_assessment else "for service"
    return f"{names.agency(fact.agency_id)} took it up {how}."


def _waitlisted(fact: Any, names: Names) -> str:
    if fact.agency_id:
        return f"It waits for a place at {names.agency(fact.agency_id)}."
    return "Every place that fits is taken: it waits for the first that becomes free."


def _provided(fact: Any, _: Names) -> str:
    return (
        f"The sender answered the question; an answer to the offer is now due by {_at(fact.respond_by_time)}."
    )


SAYINGS: Final[Mapping[str, Say]] = {
    "ReferralAwaitingPerson": lambda fact, _: (
        "The person decides next: "
        + _AWAITING.get(fact.cause, fact.cause).format(proposals=fact.proposals)
        + "."
    ),
    "ReferralOffered": lambda fact, names: (
        f"Offer {fact.offer_number} went to {names.service(fact.service_id)} of"
        f" {names.agency(fact.agency_id)}; an answer is due by {_at(fact.respond_by_time)}."
    ),
    "ReferralWaitlisted": _waitlisted,
    "ReferralUnmatched": lambda fact, _: f"No provider fits, {_because('UNMATCHED', fact.reason)}.",
    "ReferralRematched": lambda fact, _: (
        f"A provider is looked for again: {_REMATCHED.get(fact.cause, fact.cause)}."
    ),
    "ReferralAccepted": _accepted,
    "ReferralReturned": lambda fact, names: (
        f"{names.agency(fact.agency_id)} gave it back, {_because('RETURN', fact.reason)}."
    ),
    "ServiceStarted": lambda fact, names: (
        f"The service began at {names.agency(fact.agency_id)} on {_at(fact.happened_time)}."
    ),
    "ReferralCompleted": lambda fact, _: (
        f"The service was completed on {_at(fact.happened_time)}; confirmed by: {fact.confirmed_by.lower()}."
    ),
    "ReferralNotCompleted": lambda fact, _: (
        f"It ended before it was done, {_because('NOT_COMPLETED', fact.reason)}."
    ),
    "ReferralWithdrawn": lambda _, __: "The person withdrew.",
    "ReferralCancelled": lambda fact, _: f"Staff cancelled it, {_because('CANCEL', fact.reason)}.",
    "ReferralEnteredInError": lambda _, __: "It was marked as entered in error.",
    "OfferDeclined": lambda fact, names: (
        f"{names.agency(fact.agency_id)} declined, {_because('DECLINE', fact.reason)}."
    ),
    "OfferExpired": lambda fact, names: f"{names.agency(fact.agency_id)} did not answer in time.",
    "OfferRevoked": lambda fact, names: (
        f"The offer to {names.agency(fact.agency_id)} was taken back, {_because('OFFER_ENDED', fact.cause)}."
    ),
    "OfferAcknowledged": lambda fact, names: f"Somebody at {names.agency(fact.agency_id)} opened the card.",
    "InformationRequested": lambda fact, names: (
        f"{names.agency(fact.agency_id)} asked the sender a question; its clock stands still."
    ),
    "InformationProvided": _provided,
    "OfferReminderDue": lambda fact, names: (
        f"{names.agency(fact.agency_id)} was reminded: {_STAGES.get(fact.stage, fact.stage)}."
    ),
    "OfferWaitlisted": lambda fact, names: (
        f"{names.agency(fact.agency_id)} put the person on its waiting list."
    ),
    "OfferUnacknowledged": lambda fact, names: (
        f"Nobody at {names.agency(fact.agency_id)} has opened the offer: call now."
    ),
    "WaitingEnded": lambda fact, names: (
        f"The person is no longer on the waiting list of {names.agency(fact.agency_id)}."
    ),
    "GapRecorded": lambda _, __: "A gap in the city's services was recorded.",
    "PersonClockEnded": lambda fact, _: (
        "The person's clock ran out without a positive answer"
        f" ({Urgency.Name(fact.urgency).removeprefix('URGENCY_').lower()})."
    ),
}
