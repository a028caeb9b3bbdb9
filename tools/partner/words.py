"""How a terminal says things: urgencies, cards, reasons, what was disclosed."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kem.common.v1.common_pb2 import Urgency
from kem.disclosure.v1.recall_service_pb2 import Recall, RecallCause
from kem.referral.v1.referral_pb2 import BlindCard, Offer, OfferState, Referral, ReferralState
from kernel.codes import CATEGORIES, DISTRICTS, LANGUAGES, REASONS, SERVICE_TYPES, Reason

ATHENS: Final = ZoneInfo("Europe/Athens")

KINDS: Final = {
    "ReferralAccepted": "taken up by your agency",
    "ReferralReturned": "given back by your agency",
    "ReferralWithdrawn": "the person has withdrawn",
    "ReferralCancelled": "cancelled by the sender",
    "ReferralEnteredInError": "was entered in error",
    "OfferDeclined": "declined by your agency",
    "OfferExpired": "expired: nobody answered in time",
    "OfferRevoked": "taken back by the hub",
    "InformationRequested": "a question was sent to the sender",
    "InformationProvided": "the sender has answered your question",
    "OfferReminderDue": "still waits for an answer",
    "OfferWaitlisted": "put on your waiting list",
    "OfferUnacknowledged": "nobody has opened it: look now",
    "WaitingEnded": "the person has left your waiting list",
    "RecallOpened": "[bold]asked back[/]: say what became of what you were given",
    "RecallOverdue": "[bold red]asked back, and the time to answer is over[/]: type [bold]recalls[/]",
    "RecallAcknowledged": "what became of what you were given is on record",
}

CAUSES: Final = {
    RecallCause.RECALL_CAUSE_WITHDRAWN: "the person took their consent back",
    RecallCause.RECALL_CAUSE_EXPIRED: "the consent ended by time",
    RecallCause.RECALL_CAUSE_ERASED: "the person was erased",
    RecallCause.RECALL_CAUSE_ENDED: "the hub ended the consent",
    RecallCause.RECALL_CAUSE_EXCLUDED: "the person took their consent back",
    RecallCause.RECALL_CAUSE_CORRECTED: "it was corrected: read it again, and destroy what you had before",
    RecallCause.RECALL_CAUSE_OBJECTED: "the person objects to its use",
}


def urgency(number: Urgency.ValueType) -> str:
    """An urgency for people, the pressing ones in colour."""
    word = Urgency.Name(number).removeprefix("URGENCY_").lower()
    return {"emergency": "[bold red]EMERGENCY[/]", "urgent": "[yellow]urgent[/]"}.get(word, word)


def referral_state(number: ReferralState.ValueType) -> str:
    return ReferralState.Name(number).removeprefix("REFERRAL_STATE_")


def offer_state(number: OfferState.ValueType) -> str:
    return OfferState.Name(number).removeprefix("OFFER_STATE_")


def at(stamp: Timestamp) -> str:
    """An instant in Athens time; nothing where there is none."""
    if not stamp.seconds:
        return ""
    instant = stamp.ToDatetime(tzinfo=UTC)
    local = instant.astimezone(ATHENS)
    is_today = local.date() == datetime.now(ATHENS).date()
    return f"{local:%H:%M:%S}" if is_today else f"{local:%a %d %b %H:%M}"


def service_type(code: str) -> str:
    known = SERVICE_TYPES.get(code)
    return f"{known.en} · {known.el}" if known else code


def card_lines(card: BlindCard) -> Iterator[str]:
    """What an agency may know before it accepts."""
    yield f"[bold]{service_type(card.service_type)}[/], {urgency(card.urgency)}"
    languages = ", ".join(_name(LANGUAGES, code) for code in card.languages)
    yield f"speaks {languages or 'not recorded'}" + (
        ", interpreter needed" if card.interpreter_needed else ""
    )
    yield f"lives in {_name(DISTRICTS, card.district) if card.district else 'a district not known'}"
    people = [
        f"age {card.age_band.removeprefix('BAND_').replace('_PLUS', '+').replace('_', '–')}"
        if card.age_band
        else "",
        f"sex {card.sex}" if card.sex else "",
        f"household {card.household_band.removeprefix('BAND_').lower()}" if card.household_band else "",
        "step-free access needed" if card.step_free_access_needed else "",
    ]
    yield ", ".join(part for part in people if part) or "nothing else known"


def offer_lines(referral: Referral, offer: Offer) -> Iterator[str]:
    """Where an offer stands, and what was said about it."""
    due = f", answer due by [bold]{at(offer.respond_by_time)}[/]" if offer.respond_by_time.seconds else ""
    yield f"referral {referral_state(referral.state)}, offer {offer_state(offer.state)}{due}"
    for note in offer.notes:
        if note.text:
            yield f"{note.kind.lower()} ({at(note.written_time)}): {note.text}"


def categories(codes: Iterable[str]) -> str:
    """Data categories by their names."""
    return ", ".join(_name(CATEGORIES, code) for code in codes)


def recall_lines(recall: Recall) -> Iterator[str]:
    """What is asked back, why, and until when it is to be answered."""
    late = "; [bold red]that time is over[/]" if recall.overdue else ""
    yield f"[bold]{categories(recall.recalled_categories)}[/]: answer by {at(recall.due_time)}{late}"
    times = f"{recall.disclosure_count} times since" if recall.disclosure_count > 1 else "on"
    first = at(recall.disclosures[0].disclosed_time) if recall.disclosures else ""
    yield f"{CAUSES.get(recall.cause, 'it is permitted no longer')}; you were given it {times} {first}"
    if any(one.in_between for one in recall.disclosures):
        yield "some of it after the person had said so, and before the hub heard of it"


def reasons(list_name: str) -> list[Reason]:
    """The reasons of a list, in its order."""
    return list(REASONS[list_name].values())


def disclosed_lines(message: Message) -> Iterator[str]:
    """Whatever was given, one line a field; fields that were not given are not there."""
    for field, value in message.ListFields():
        yield f"{field.name.replace('_', ' ')}: {_flat(field, value)}"


def _flat(field: FieldDescriptor, value: Any) -> str:
    if isinstance(value, Message):
        return " ".join(_flat(part, inner) for part, inner in value.ListFields())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and field.enum_type is not None:
        return field.enum_type.values_by_number[value].name.rpartition("_")[2].lower()
    if isinstance(value, str | int | float):
        return str(value)
    return "; ".join(_flat(field, part) for part in value)


def _name(table: Any, code: str) -> str:
    known = table.get(code)
    return known.en if known else code
